import VolleyGraph

/// `y = x / (bias + α/size · Σ x²)^β`, the sum over the `size` channels around each one (AlexNet, GoogLeNet).
enum ResponseNormalization {
    static let handlers: [String: Handler] = ["LRN": normalize]

    private static func normalize(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let size = try call.int("size", 0)
        guard value.rank >= 2, (1...1 << 15).contains(size), !value.shape.dimensions[1...].contains(where: \.scalesWithBatch) else {
            throw call.mismatch("\(size) channels around each do not fit an input [N, C, …] of shape \(value.shape)")
        }
        let squares = try call.binary(.power, value, Value(2), "squares")
        let pixels = SymbolicLength(value.shape.dimensions[2...].reduce(1) { $0 * $1.size })
        let rows = try call.reshape(squares, to: [value.shape[0], 1, value.shape[1], pixels], "rows")
        let pooling = Pooling(
            .average, kernel: [size, 1], stride: [1, 1], dilation: [1, 1], padding: [[(size - 1) / 2, size / 2], [0, 0]],
            countsPadding: true)
        let means = try call.reshape(try call.emit(.pooling(pooling), [rows], "means"), to: value.shape, "means")
        let scaled = try call.binary(.multiply, means, Value(call.float("alpha", 1e-4)), "scaled")
        let base = try call.binary(.add, scaled, Value(call.float("bias", 1)), "base")
        return [try call.binary(.divide, value, call.binary(.power, base, Value(call.float("beta", 0.75)), "divisor"))]
    }
}
