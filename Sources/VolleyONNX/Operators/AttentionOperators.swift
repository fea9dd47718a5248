import VolleyGraph
import VolleyTensors

/// Attention in one operator, and the rotation of positions that goes with it.
enum AttentionOperators {
    static let handlers: [String: Handler] = ["Attention": attention, "RotaryEmbedding": rotary]

    private static var lowest: Value { Value(-Float.greatestFiniteMagnitude) }

    /// `softmax(Q·Kᵀ·scale + mask)·V` for each head; queries, keys and values `[N, heads, L, D]` or `[N, L, heads·D]`.
    private static func attention(_ call: Call) throws -> [Value?] {
        guard call.optional(6) == nil else { throw call.unsupported("key lengths that differ from sample to sample") }
        let isPacked = try call.input(0).rank == 3
        var query = try heads(call, call.input(0), try call.int("q_num_heads", 0), "q")
        let keys = try heads(call, call.input(1), try call.int("kv_num_heads", 0), "k")
        let values = try heads(call, call.input(2), try call.int("kv_num_heads", 0), "v")
        let key = try call.optional(4).map { try ShapeOperators.concatenate(call, [$0, keys], axis: 2) } ?? keys
        let value = try call.optional(5).map { try ShapeOperators.concatenate(call, [$0, values], axis: 2) } ?? values
        let (width, past) = (query.shape[3], call.optional(4)?.shape[2].size ?? 0)
        guard !width.scalesWithBatch, !key.shape[2].scalesWithBatch, !query.shape[2].scalesWithBatch else {
            throw call.unsupported("it mixes the samples of a batch")
        }
        let scale = call.attribute("scale")?.f ?? 1 / Float(width.size).squareRoot()
        query = try call.binary(.multiply, query, Value(scale), "scaled")
        let repeated = try repeatHeads(call, key, like: query, "k")
        let scores = try LayerOperators.product(call, query, try call.transpose(repeated, [0, 1, 3, 2], "k.t"), "scores")
        var capped = scores
        let cap = call.float("softcap", 0)
        if cap != 0 {
            let small = try call.unary(.tanh, call.binary(.divide, scores, Value(cap), "small"), "tanh")
            capped = try call.binary(.multiply, small, Value(cap), "capped")
        }
        let mask = try bias(call, queries: query.shape[2].size, keys: key.shape[2].size, past: past)
        let biased = try mask.map { try call.binary(.add, capped, $0, "biased") } ?? capped
        var weights = try call.emit(.softmax(Softmax()), [biased], "softmax")
        if let mask, let seen = try seenRows(call, mask) { weights = try call.binary(.multiply, weights, seen, "seen") }
        let all = try repeatHeads(call, value, like: query, "v")
        var result = try LayerOperators.product(call, weights, all, isPacked ? "product" : nil)
        if isPacked {
            let moved = try call.transpose(result, [0, 2, 1, 3], "moved")
            let features = Dimension(result.shape[1].size * result.shape[3].size)
            result = try call.reshape(moved, to: [moved.shape[0], moved.shape[1], features])
        }
        let stages = [scores, capped, biased, weights]
        let stage = try call.int("qk_matmul_output_mode", 0)
        return [result, key, value, stages.indices.contains(stage) ? stages[stage] : nil]
    }

    /// `[N, L, heads·D]` as `[N, heads, L, D]`.
    private static func heads(_ call: Call, _ value: Value, _ count: Int, _ part: String) throws -> Value {
        if value.rank == 4 { return value }
        guard value.rank == 3, count > 0, value.shape[2].size % count == 0 else {
            throw call.mismatch("\(count) heads do not fit a value of shape \(value.shape)")
        }
        let width = Dimension(value.shape[2].size / count)
        let apart = try call.reshape(value, to: [value.shape[0], value.shape[1], Dimension(count), width], part + ".apart")
        return try call.transpose(apart, [0, 2, 1, 3], part + ".heads")
    }

    /// Each head of the keys or values once for every head of the queries that shares it.
    private static func repeatHeads(_ call: Call, _ value: Value, like query: Value, _ part: String) throws -> Value {
        let (own, wanted) = (value.shape[1].size, query.shape[1].size)
        if own == wanted || own == 0 { return value }
        guard wanted % own == 0 else { throw call.mismatch("\(own) heads cannot serve \(wanted)") }
        let shape = value.shape.dimensions
        let column = try call.reshape(value, to: SymbolicShape([shape[0], shape[1], 1, shape[2], shape[3]]), part + ".column")
        let full = try call.expand(
            column, to: SymbolicShape([shape[0], shape[1], Dimension(wanted / own), shape[2], shape[3]]), part + ".repeated")
        return try call.reshape(full, to: SymbolicShape([shape[0], Dimension(wanted), shape[2], shape[3]]), part + ".all")
    }

    // MARK: Masks

    /// What is added to the scores: the mask, and the lowest number where a query must not see a key.
    private static func bias(_ call: Call, queries: Int, keys: Int, past: Int) throws -> Value? {
        var mask = call.optional(3)
        if let given = mask {
            let missing = keys - given.shape[given.rank - 1].size
            var whole = given
            if missing > 0 {
                var amounts = [[Int]](repeating: [0, 0], count: given.rank)
                amounts[given.rank - 1] = [0, missing]
                let filler: Float = given.kind == .boolean ? 0 : -Float.greatestFiniteMagnitude
                whole = try call.emit(.padding(Padding(.constant, amounts: amounts, value: filler)), [given], "mask.padded")
            }
            mask = given.kind == .boolean ? try call.select(whole, Value(0), lowest, "mask") : whole
        }
        let isCausal = try call.flag("is_causal")
        let (left, right) = (try call.int("left_window_size", -1), try call.int("right_window_size", -1))
        guard isCausal || left >= 0 || right >= 0 else { return mask }
        try call.importer.reserve(queries * keys)
        let allowed = (0..<queries).flatMap { query in
            (0..<keys).map { key in
                let distance = query + past - key
                return KnownNumber((!isCausal || distance >= 0) && (left < 0 || distance <= left) && (right < 0 || -distance <= right))
            }
        }
        let condition = Value(Known(.boolean, [queries, keys], .numbers(allowed)))
        return try call.select(condition, mask ?? Value(0), lowest, "window")
    }

    /// 0 for queries that see no key at all, whose result is 0; nil where there are none.
    private static func seenRows(_ call: Call, _ mask: Value) throws -> Value? {
        let limit = Double(-Float.greatestFiniteMagnitude)
        if let known = mask.known, let width = known.shape.last, width > 0 {
            let numbers = known.numbers.map(\.value)
            let rows = stride(from: 0, to: numbers.count, by: width)
            if rows.allSatisfy({ numbers[$0..<$0 + width].contains { $0 > limit } }) { return nil }
        }
        guard mask.rank > 0 else { return nil }
        let best = try call.reduce(.maximum, mask, axes: [mask.rank - 1], keepsAxes: true, "mask.best")
        return try call.binary(.greater, best, lowest, kind: .float, "mask.seen")
    }

    // MARK: Rotation

    /// Rotates pairs of features by angles that grow with the position.
    private static func rotary(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let isPacked = value.rank == 3
        let split = try heads(call, value, try call.int("num_heads", 0), "x")
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
        guard table.rank == 3, table.shape[2] == Dimension(width) else {
            throw call.mismatch("a table […, \(width)] is needed, found \(table.shape)")
        }
        return try call.reshape(table, to: [table.shape[0], 1, table.shape[1], table.shape[2]], part)
    }
}
