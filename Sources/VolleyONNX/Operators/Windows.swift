import VolleyGraph

/// The sliding windows of convolutions and poolings along one or two axes.
struct Windows {
    var kernel: [Int]
    var stride: [Int]
    var dilation: [Int]
    /// Before and after each axis.
    var padding: [[Int]]

    /// - Parameter lengths: of the axes that the windows slide along.
    init(_ call: Call, kernel: [Int], lengths: [Dimension]) throws {
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
        case "SAME_UPPER": padding = Self.same(kernel, stride, dilation, lengths, extraFirst: false)
        case "SAME_LOWER": padding = Self.same(kernel, stride, dilation, lengths, extraFirst: true)
        case let other: throw call.unsupported("its padding is \(other.quoted)")
        }
    }

    /// So much that ⌈length / stride⌉ windows fit.
    private static func same(
        _ kernel: [Int], _ stride: [Int], _ dilation: [Int], _ lengths: [Dimension], extraFirst: Bool
    ) -> [[Int]] {
        kernel.indices.map { axis in
            let length = lengths[axis].size
            let count = (length + stride[axis] - 1) / stride[axis]
            let total = max(0, (count - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1 - length)
            return extraFirst ? [total - total / 2, total / 2] : [total / 2, total - total / 2]
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
