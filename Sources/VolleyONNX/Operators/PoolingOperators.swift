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
        let value = try call.input(0)
        guard let kernel = try call.ints("kernel_shape"), value.rank == kernel.count + 2 else {
            throw call.mismatch("its kernel does not fit an input of shape \(value.shape)")
        }
        let windows = try Windows(call, kernel: kernel, lengths: Array(value.shape.dimensions[2...]))
        let pooling = Pooling(
            function, kernel: windows.kernel, stride: windows.stride, dilation: windows.dilation,
            padding: windows.padding, ceilMode: try call.flag("ceil_mode"),
            countsPadding: try call.flag("count_include_pad"))
        return try call.emit(.pooling(pooling), [value])
    }

    private static func global(_ function: Reduction.Function, _ call: Call) throws -> Value {
        let value = try call.input(0)
        guard value.rank > 2 else { throw call.mismatch("an input [N, C, …] is needed, found \(value.shape)") }
        return try call.reduce(function, value, axes: Array(2..<value.rank), keepsAxes: true)
    }
}
