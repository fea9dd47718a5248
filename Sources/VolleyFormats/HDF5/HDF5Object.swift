public import VolleyTensors

/// What stands under a name in an HDF5 file: a group of further names, or an array.
///
/// Only what files of this package need: numbers of two kinds and texts. An array of the shape `[]` is a single value.
public enum HDF5Object: Sendable, Hashable {
    case group([String: HDF5Object])
    /// 32-bit floats.
    case floats(Tensor)
    /// 64-bit integers.
    case integers(Shape, [Int])
    /// Texts in UTF-8, each as long as it is.
    case texts(Shape, [String])

    public static func integer(_ value: Int) -> HDF5Object { .integers([], [value]) }
    public static func integers(_ values: [Int]) -> HDF5Object { .integers([values.count], values) }
    public static func text(_ value: String) -> HDF5Object { .texts([], [value]) }
}
