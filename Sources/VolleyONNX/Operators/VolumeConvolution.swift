import VolleyGraph

/// Convolutions along depth, height and width. The slices that a window covers are put side by side as channels, so that one
/// convolution of images does it: [N, C, D, H, W] becomes [N·OD, C·KD, H, W].
enum VolumeConvolution {
    static func emit(_ call: Call) throws -> Value {
        let (value, weight) = (try call.input(0), try call.input(1))
        guard weight.rank == 5, !weight.shape.scalesWithBatch, !value.shape.dimensions[1...].contains(where: \.scalesWithBatch) else {
            throw call.mismatch("a weight of shape \(weight.shape) does not fit an input of shape \(value.shape)")
        }
        let kernel = weight.shape.dimensions[2...].map(\.size)
        if let stated = try call.ints("kernel_shape"), stated != kernel {
            throw call.mismatch("its kernel is \(stated), but its weight has the shape \(weight.shape)")
        }
        let windows = try Windows(call, kernel: kernel, lengths: Array(value.shape.dimensions[2...]))
        var volume = value
        if windows.padding[0] != [0, 0] {
            let amounts = [[0, 0], [0, 0], windows.padding[0], [0, 0], [0, 0]]
            volume = try call.emit(.padding(Padding(.constant, amounts: amounts)), [value], "padded")
        }
        let room = volume.shape[2].size - windows.dilation[0] * (kernel[0] - 1) - 1
        guard room >= 0, kernel.allSatisfy({ $0 > 0 }) else {
            throw call.mismatch("a kernel of \(kernel) is larger than the padded input \(volume.shape)")
        }
        let depth = SymbolicLength(room / windows.stride[0] + 1)
        let (batch, channels, height, width) = (volume.shape[0], volume.shape[1], volume.shape[3], volume.shape[4])
        let taps = try (0..<kernel[0]).map { tap in
            let slices = try call.slice(
                volume, axis: 2, start: tap * windows.dilation[0], length: depth.size, step: windows.stride[0], "tap\(tap)")
            return try call.reshape(slices, to: [batch, channels, 1, depth, height, width], "tap\(tap).row")
        }
        let beside = taps.count == 1 ? taps[0] : try call.emit(.concatenation(Concatenation(axis: 2)), taps, "taps")
        let slices = SymbolicLength(batch.size * depth.size, scalesWithBatch: batch.scalesWithBatch)
        let images = try call.reshape(
            try call.transpose(beside, [0, 3, 1, 2, 4, 5], "images"),
            to: [slices, SymbolicLength(channels.size * kernel[0]), height, width], "images")
        let flat = try call.reshape(
            weight, to: [weight.shape[0], SymbolicLength(weight.shape[1].size * kernel[0]), weight.shape[3], weight.shape[4]], "weight")
        let convolution = Convolution(
            stride: Array(windows.stride[1...]), dilation: Array(windows.dilation[1...]), padding: Array(windows.padding[1...]),
            groups: try call.int("group", 1))
        let full = try call.emit(.convolution(convolution), [images, flat] + (call.optional(2).map { [$0] } ?? []), "layer")
        let apart = try call.reshape(full, to: [batch, depth, full.shape[1], full.shape[2], full.shape[3]], "volume")
        return try call.transpose(apart, [0, 2, 1, 3, 4])
    }
}
