import VolleyGraph
import VolleyTensors

/// Attention in one operator.
enum AttentionOperators {
    static let handlers: [String: Handler] = ["Attention": attention]

    /// `softmax(Q·Kᵀ·scale + mask)·V` for each head; queries, keys and values `[N, heads, L, D]` or `[N, L, heads·D]`.
    private static func attention(_ call: Call) throws -> [Value?] {
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
        let mask = try AttentionMask.bias(call, queries: query.shape[2].size, keys: key.shape[2].size, past: past)
        let biased = try mask.map { try call.binary(.add, capped, $0, "biased") } ?? capped
        var weights = try call.emit(.softmax(Softmax()), [bounded(biased)], "softmax")
        if let mask, let seen = try AttentionMask.seenRows(call, mask) { weights = try call.binary(.multiply, weights, seen, "seen") }
        let all = try repeatHeads(call, value, like: query, "v")
        var result = try LayerOperators.product(call, weights, all, isPacked ? "product" : nil)
        if isPacked {
            let moved = try call.transpose(result, [0, 2, 1, 3], "moved")
            let features = SymbolicLength(result.shape[1].size * result.shape[3].size)
            result = try call.reshape(moved, to: [moved.shape[0], moved.shape[1], features])
        }
        let stages = [scores, capped, biased, weights]
        let stage = try call.int("qk_matmul_output_mode", 0)
        return [result, key, value, stages.indices.contains(stage) ? stages[stage] : nil]
    }

    /// `[N, L, heads·D]` as `[N, heads, L, D]`.
    static func heads(_ call: Call, _ value: Value, _ count: Int, _ part: String) throws -> Value {
        if value.rank == 4 { return value }
        guard value.rank == 3, count > 0, value.shape[2].size % count == 0 else {
            throw call.mismatch("\(count) heads do not fit a value of shape \(value.shape)")
        }
        let width = SymbolicLength(value.shape[2].size / count)
        let apart = try call.reshape(value, to: [value.shape[0], value.shape[1], SymbolicLength(count), width], part + ".apart")
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
            column, to: SymbolicShape([shape[0], shape[1], SymbolicLength(wanted / own), shape[2], shape[3]]), part + ".repeated")
        return try call.reshape(full, to: SymbolicShape([shape[0], SymbolicLength(wanted), shape[2], shape[3]]), part + ".all")
    }

    /// Rows that see nothing must not become NaN where everything is computed at import, either.
    private static func bounded(_ scores: Value) throws -> Value {
        guard let known = scores.known else { return scores }
        let tensor = try known.tensor()
        return Value(Known(Tensor(tensor.shape, tensor.values.map(Limits.bounded)), kind: known.kind))
    }
}
