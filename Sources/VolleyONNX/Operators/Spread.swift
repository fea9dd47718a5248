import VolleyGraph

/// Where the kernels of a transposed convolution lie, and what is cut off the result, along one or two axes.
struct Spread {
    var stride: [Int]
    var dilation: [Int]
    /// Before and after each axis; negative where positions are added.
    var crop: [[Int]]

    /// - Parameter lengths: of the axes that the kernels slide along.
    init(_ call: Call, kernel: [Int], lengths: [SymbolicLength]) throws {
        let axes = kernel.count
        let stride = try call.ints("strides") ?? [Int](repeating: 1, count: axes)
        let dilation = try call.ints("dilations") ?? [Int](repeating: 1, count: axes)
        let added = try call.ints("output_padding") ?? [Int](repeating: 0, count: axes)
        guard lengths.count == axes, stride.count == axes, dilation.count == axes, added.count == axes,
            (kernel + stride + dilation).allSatisfy({ $0 > 0 }), added.allSatisfy({ $0 >= 0 }),
            !lengths.contains(where: \.scalesWithBatch)
        else { throw call.mismatch("its kernel \(kernel), strides and dilations do not fit axes of \(lengths)") }
        let mode = call.string("auto_pad", "NOTSET")
        let full: [Int] = (0..<axes).map { axis in
            let last = stride[axis] * (lengths[axis].size - 1)
            let reach = dilation[axis] * (kernel[axis] - 1)
            return last + reach + 1 + added[axis]
        }
        let stated = try call.ints("output_shape")
        var wanted = stated.map { Array($0.suffix(axes)) }
        if wanted == nil, mode.hasPrefix("SAME") { wanted = (0..<axes).map { lengths[$0].size * stride[$0] } }
        let pads: [[Int]]
        if let wanted {
            guard wanted.count == axes, wanted.allSatisfy({ $0 > 0 }) else {
                throw call.mismatch("its output shape \(wanted) does not fit \(axes) axes")
            }
            // What is too much goes from both ends; the odd one from the end, or from the beginning.
            pads = (0..<axes).map { axis in
                let surplus = max(0, full[axis] - wanted[axis])
                let before = mode == "SAME_UPPER" ? surplus / 2 : surplus - surplus / 2
                return [before, (stated == nil ? surplus : full[axis] - wanted[axis]) - before]
            }
        } else if mode == "VALID" {
            pads = (0..<axes).map { _ in [0, 0] }
        } else {
            guard ["NOTSET", ""].contains(mode) else { throw call.unsupported("its padding is \(mode.quoted)") }
            let given = try call.ints("pads") ?? [Int](repeating: 0, count: 2 * axes)
            guard given.count == 2 * axes else { throw call.mismatch("\(given.count) pads for \(axes) axes") }
            pads = (0..<axes).map { [given[$0], given[axes + $0]] }
        }
        (self.stride, self.dilation) = (stride, dilation)
        crop = zip(pads, added).map { [$0[0], $0[1] - $1] }
    }

    /// The same on images one pixel high.
    var onImages: Spread {
        var result = self
        (result.stride, result.dilation, result.crop) = ([1] + stride, [1] + dilation, [[0, 0]] + crop)
        return result
    }
}
