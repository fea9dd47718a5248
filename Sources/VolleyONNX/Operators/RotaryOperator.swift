import VolleyGraph

/// The rotation of features by their position.
enum RotaryOperator {
    static let handlers: [String: Handler] = ["RotaryEmbedding": rotary]

    /// Rotates pairs of features by angles that grow with the position.
    private static func rotary(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let isPacked = value.rank == 3
        let split = try AttentionOperators.heads(call, value, try call.int("num_heads", 0), "x")
        let shape = split.shape.dimensions
        guard split.rank == 4 else { throw call.mismatch("an input of 3 or 4 axes is needed, found \(value.shape)") }
        let given = try call.int("rotary_embedding_dim", 0)
        let width = given == 0 ? shape[3].size : given
        guard width > 0, width % 2 == 0, width <= shape[3].size else { throw call.mismatch("\(width) of \(shape[3]) features cannot be rotated") }
        let (cosine, sine) = (try table(call, 1, "cos", width / 2), try table(call, 2, "sin", width / 2))
        let rotated = try call.slice(split, axis: 3, start: 0, length: width, "rotated")
        let rest = try call.slice(split, axis: 3, start: width, length: shape[3].size - width, "rest")
        let isInterleaved = try call.flag("interleaved")
        let (second, step) = isInterleaved ? (1, 2) : (width / 2, 1)
        let x = try call.slice(rotated, axis: 3, start: 0, length: width / 2, step: step, "x1")
        let y = try call.slice(rotated, axis: 3, start: second, length: width / 2, step: step, "x2")
        let real = try call.binary(
            .subtract, call.binary(.multiply, x, cosine, "x1.cos"), call.binary(.multiply, y, sine, "x2.sin"), "real")
        let imaginary = try call.binary(
            .add, call.binary(.multiply, x, sine, "x1.sin"), call.binary(.multiply, y, cosine, "x2.cos"), "imaginary")
        let turned: Value
        if isInterleaved {
            let pairs = SymbolicShape(Array(real.shape.dimensions) + [1])
            let joined = try ShapeOperators.concatenate(
                call, [try call.reshape(real, to: pairs, "real.column"), try call.reshape(imaginary, to: pairs, "imaginary.column")],
                axis: 4)
            turned = try call.reshape(joined, to: rotated.shape, "turned")
        } else {
            turned = try ShapeOperators.concatenate(call, [real, imaginary], axis: 3)
        }
        let full = try ShapeOperators.concatenate(call, [turned, rest], axis: 3)
        guard isPacked else { return [full] }
        return [try call.reshape(try call.transpose(full, [0, 2, 1, 3], "moved"), to: value.shape)]
    }

    /// The cosines or sines as `[N or 1, 1, L, D/2]`.
    private static func table(_ call: Call, _ index: Int, _ part: String, _ width: Int) throws -> Value {
        var table = try call.input(index)
        if let positions = call.optional(3) {
            guard table.rank == 2 else { throw call.mismatch("a table of 2 axes is needed, found \(table.shape)") }
            table = try call.emit(.gather(Gather(axis: 0)), [table, positions], kind: .float, part + ".rows")
        }
        guard table.rank == 3, table.shape[2] == SymbolicLength(width) else {
            throw call.mismatch("a table […, \(width)] is needed, found \(table.shape)")
        }
        return try call.reshape(table, to: [table.shape[0], 1, table.shape[1], table.shape[2]], part)
    }
}
