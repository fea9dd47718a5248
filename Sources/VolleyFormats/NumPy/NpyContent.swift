public import VolleyTensors

/// An array to be written for NumPy.
public enum NpyContent: Sendable, Hashable {
    /// dtype `<f4`.
    case float32(Tensor)
    /// dtype `<i8`; the values in row-major order, as many as the shape has elements.
    case int64(Shape, [Int])

    /// A vector of dtype `<i8`.
    public static func int64(_ values: [Int]) -> NpyContent { .int64([values.count], values) }

    /// Writes an `.npy` file, which appears when it is complete.
    /// - Throws: `FormatError` (`writeFailed`).
    public func write(to path: String) throws { try AtomicFile.write(encoded(), to: path) }

    /// The bytes of an `.npy` file of version 1.0.
    /// - Precondition: as many values as the shape has elements.
    public func encoded() -> [UInt8] {
        var data: [UInt8] = []
        switch self {
        case .float32(let tensor):
            data = NpyHeader.encoded("'<f4'", tensor.shape)
            tensor.forEachPieceOfBytes { data += $0 }
        case .int64(let shape, let values):
            precondition(values.count == shape.count, "\(values.count) values do not fill the shape \(shape)")
            data = NpyHeader.encoded("'<i8'", shape)
            for value in values { data.append(littleEndian: Int64(value)) }
        }
        return data
    }
}
