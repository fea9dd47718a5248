import VolleyGraph

/// The sliding windows of convolutions and poolings along one or two axes.
struct Windows {
    var kernel: [Int]
    var stride: [Int]
    var dilation: [Int]
    /// Before and after each axis. Where as many windows as strides are wanted and the stride is longer than the window, positions
    /// are left out: it is negative.
    var padding: [[Int]]

    /// - Parameters:
    ///   - lengths: of the axes that the windows slide along.
    ///   - poolsSame: whether as many windows as strides are padded the way runtimes do it for poolings: as if their positions were
    ///     not spread.
    init(_ call: Call, kernel: [Int], lengths: [SymbolicLength], poolsSame: Bool = false) throws {
        let axes = kernel.count
        let ones = [Int](repeating: 1, count: axes)
        self.kernel = kernel
        stride = try call.ints("strides") ?? ones
        dilation = try call.ints("dilations") ?? ones
        guard lengths.count == axes, stride.count == axes, dilation.count == axes,
            (kernel + stride + dilation).allSatisfy({ $0 > 0 }), !lengths.contains(where: \.scalesWithBatch)
        else { throw call.mismatch("its kernel \(kernel), strides and dilations do not fit axes of \(lengths)") }
        switch call.string("auto_pad", "NOTSET") {
        case "NOTSET", "":
            let pads = try call.ints("pads") ?? [Int](repeating: 0, count: 2 * axes)
            guard pads.count == 2 * axes else { throw call.mismatch("\(pads.count) pads for \(axes) axes") }
            padding = (0..<axes).map { [pads[$0], pads[axes + $0]] }
        case "VALID": padding = ones.map { _ in [0, 0] }
        case "SAME_UPPER", "SAME_LOWER":
            let extraFirst = call.string("auto_pad", "") == "SAME_LOWER"
            let spread = poolsSame ? ones : dilation
            padding = Self.same(kernel, stride, spread, lengths, extraFirst: extraFirst, pools: poolsSame)
        case let other: throw call.unsupported("its padding is \(other.quoted)")
        }
    }

    /// So much that ⌈length / stride⌉ windows fit.
    private static func same(
        _ kernel: [Int], _ stride: [Int], _ dilation: [Int], _ lengths: [SymbolicLength], extraFirst: Bool, pools: Bool
    ) -> [[Int]] {
        kernel.indices.map { axis in
            let length = lengths[axis].size
            let count = (length + stride[axis] - 1) / stride[axis]
            let total = (count - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1 - length
            // Positions that are left out lie behind rather than before, in convolutions by one more.
            let first = ((extraFirst ? total + 1 : total) + (total < 0 && !pools ? 1 : 0)) / 2
            return [first, total - first]
        }
    }

    /// The padding that is not negative.
    var addedPadding: [[Int]] { padding.map { $0.map { max(0, $0) } } }

    /// A value without the positions that negative padding leaves out.
    func cropped(_ call: Call, _ value: Value) throws -> Value {
        try padding.enumerated().reduce(value) { value, amounts in
            let axis = 2 + amounts.offset
            let (first, last) = (max(0, -amounts.element[0]), max(0, -amounts.element[1]))
            return try call.slice(value, axis: axis, start: first, length: value.shape[axis].size - first - last, "axis\(axis)")
        }
    }

    /// The same windows on images one pixel high.
    var onImages: Windows {
        var result = self
        (result.kernel, result.stride, result.dilation) = ([1] + kernel, [1] + stride, [1] + dilation)
        result.padding = [[0, 0]] + padding
        return result
    }
}
