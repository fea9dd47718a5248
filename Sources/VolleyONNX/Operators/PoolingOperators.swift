import VolleyGraph

/// Largest and mean values of windows.
enum PoolingOperators {
    static let handlers: [String: Handler] = [
        "MaxPool": { [try pool(.maximum, $0)] },
        "AveragePool": { [try pool(.average, $0)] },
        "GlobalAveragePool": { [try global(.mean, $0)] },
        "GlobalMaxPool": { [try global(.maximum, $0)] },
    ]

    private static func pool(_ function: Pooling.Function, _ call: Call) throws -> Value {
        var value = try call.input(0)
        guard let kernel = try call.ints("kernel_shape"), value.rank == kernel.count + 2 else {
            throw call.mismatch("its kernel does not fit an input of shape \(value.shape)")
        }
        let windows = try Windows(call, kernel: kernel, lengths: Array(value.shape.dimensions[2...]), poolsSame: true)
        let countsPadding = try call.flag("count_include_pad")
        let ceilMode = try call.flag("ceil_mode")
        for (axis, amounts) in windows.padding.enumerated() {
            let length = value.shape[2 + axis].size
            // The mean of a window that does not even fit into the padding is not the same in all versions.
            let reach = windows.dilation[axis] * (kernel[axis] - 1) + 1
            guard !countsPadding || ceilMode || reach <= length + amounts[0] + amounts[1] else {
                throw call.unsupported(
                    "a window of \(reach) positions is larger than its padded input, which has \(length + amounts[0] + amounts[1])")
            }
        }
        value = try windows.cropped(call, value)
        let pooling = Pooling(
            function, kernel: windows.kernel, stride: windows.stride, dilation: windows.dilation,
            padding: windows.addedPadding, ceilMode: ceilMode, countsPadding: countsPadding)
        return try call.emit(.pooling(pooling), [value])
    }

    private static func global(_ function: Reduction.Function, _ call: Call) throws -> Value {
        let value = try call.input(0)
        guard value.rank > 2 else { throw call.mismatch("an input [N, C, …] is needed, found \(value.shape)") }
        return try call.reduce(function, value, axes: Array(2..<value.rank), keepsAxes: true)
    }
}
