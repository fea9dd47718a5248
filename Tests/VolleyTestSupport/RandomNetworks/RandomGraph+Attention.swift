internal import VolleyGraph
internal import VolleyTensors

/// Attention in the forms that exporters write, and in forms that differ from them in one place.
extension RandomGraph {
    private enum Part { case q, k, v }

    mutating func drawAttention() {
        guard let x = pick(where: { $0.rank == 3 && !$0[1].scalesWithBatch && !$0[2].scalesWithBatch }) else { return }
        let heads = one(of: [0, 1, 2, 2, 3])
        let width = max(1, heads) * int(in: 1...4)
        let fused = chance(0.25) ? linear(x, outputs: 3 * width) : nil
        let shared = chance(0.1)
        var parts: [NodeID] = []
        for part in [Part.q, .k, .v] {
            guard let value = project(part, x, width, fused: fused, shared: shared ? parts.last : nil),
                let headed = split(part, value, heads: heads)
            else { return }
            parts.append(headed)
        }
        guard var scores = emit(.matrixProduct(MatrixProduct()), [parts[0], parts[1]]) else { return }
        let masksFirst = chance(0.15)
        if masksFirst { scores = masked(scores) }
        scores = scaled(scores)
        if !masksFirst { scores = masked(scores) }
        guard let weights = emit(.softmax(Softmax()), [scores]) else { return }
        if chance(0.1) { emit(.activation(Activation(.sqrt)), [weights]) }
        guard var context = emit(.matrixProduct(MatrixProduct()), chance(0.93) ? [weights, parts[2]] : [parts[2], weights]) else { return }
        if heads > 0 { context = merged(context, width: width) }
        if chance(0.6), let projected = linear(context, outputs: shape(of: x)[2].size) {
            elementwise(.add, x, projected, swapped: chance(0.5))
        }
    }

    /// `[…, L, width]`: by a layer of its own, as a slice of one for all three, the tokens as they are, or the same as the part before.
    private mutating func project(_ part: Part, _ x: NodeID, _ width: Int, fused: NodeID?, shared: NodeID?) -> NodeID? {
        if part != .v, let shared, shape(of: shared).rank == 3 { return shared }
        if let fused {
            let start = (part == .q ? 0 : part == .k ? 1 : 2) * width
            return emit(.slice(Slicing(axis: 2, start: start, length: width)), [fused])
        }
        let length = shape(of: x)[1], first = shape(of: x)[0]
        // Keys and values of other tokens than the queries.
        let source = part == .q || chance(0.9) ? x : pick { $0.rank == 3 && $0[0] == first && !$0[2].scalesWithBatch } ?? x
        guard chance(0.95) || shape(of: x)[2].size != width else { return x }
        let value = linear(source, outputs: width)
        return chance(0.05) && shape(of: source)[1] == length ? value.flatMap { activation(.relu, $0) } : value
    }

    /// Heads first; k turned.
    private mutating func split(_ part: Part, _ value: NodeID, heads: Int) -> NodeID? {
        let shape = shape(of: value)
        guard heads > 0 else { return part == .k ? turnedMatrices(value) : value }
        guard shape.rank == 3, shape[2].size % heads == 0 else { return nil }
        let each = SymbolicLength(shape[2].size / heads)
        let reshaped: SymbolicShape =
            chance(0.95) ? [shape[0], shape[1], SymbolicLength(heads), each] : [shape[0], shape[1], each, SymbolicLength(heads)]
        guard let divided = emit(.reshape(Reshape(to: reshaped)), [value]) else { return nil }
        if chance(0.05) { emit(.activation(Activation(.relu)), [divided]) }
        let order = chance(0.95) ? [0, 2, 1, 3] : [0, 3, 1, 2]
        if part == .k, chance(0.6) { return emit(.transpose(Transpose([order[0], order[1], order[3], order[2]])), [divided]) }
        guard let first = emit(.transpose(Transpose(order)), [divided]) else { return nil }
        return part == .k ? turnedMatrices(first) : first
    }

    private mutating func scaled(_ scores: NodeID) -> NodeID {
        let shape = shape(of: scores)
        let factor: Float = 0.2 + random.uniform()
        let found: NodeID? =
            switch int(in: 0...7) {
            case 0, 1, 2: emit(.elementwise(Elementwise(.multiply)), shuffled([scores, scalar(factor)]))
            case 3: emit(.elementwise(Elementwise(.multiply)), [scores, constant(Tensor([1, 1], [factor]))])
            case 4: emit(.elementwise(Elementwise(.divide)), [scores, scalar(1 + factor)])
            case 5: emit(.elementwise(Elementwise(.multiply)), [scores, constant([shape.perSample.dimensions.last!])])
            case 6:
                // One more axis than the scores have.
                emit(.elementwise(Elementwise(.multiply)), [scores, constant(Tensor(Shape(Array(repeating: 1, count: shape.rank + 1)), [factor]))])
            default: nil
            }
        return found ?? scores
    }

    private mutating func masked(_ scores: NodeID) -> NodeID {
        let shape = shape(of: scores)
        let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
        guard !rows.scalesWithBatch, !columns.scalesWithBatch else { return scores }
        let found: NodeID? =
            switch int(in: 0...9) {
            case 0: emit(.elementwise(Elementwise(.add)), shuffled([scores, constant([rows.size, columns.size])]))
            case 1: emit(.elementwise(Elementwise(.add)), [scores, constant([1, columns.size])])
            case 2: emit(.elementwise(Elementwise(.add)), [scores, constant([columns.size])])
            case 3: emit(.elementwise(Elementwise(.add)), [scores, constant([rows.size, 1])])
            case 4:
                pick { $0.broadcast(with: shape) == shape && $0 != shape }
                    .flatMap { emit(.elementwise(Elementwise(.add)), [scores, $0]) }
            case 5:
                pick { $0 == shape }.flatMap { emit(.elementwise(Elementwise(.add)), [scores, $0]) }
            case 6:
                emit(
                    .selection(Selection()),
                    [
                        constant(Tensor([rows.size, columns.size], (0..<rows.size * columns.size).map { _ in chance(0.7) ? 1 : 0 })), scores,
                        scalar(-50),
                    ])
            case 7 where shape.rank == 4 && !shape[1].scalesWithBatch:
                emit(.elementwise(Elementwise(.add)), [scores, constant(Shape([shape[1].size, 1, columns.size]))])
            default: nil
            }
        return found ?? scores
    }

    /// Heads side by side again, or nearly so.
    private mutating func merged(_ context: NodeID, width: Int) -> NodeID {
        let shape = shape(of: context)
        guard shape.rank == 4, chance(0.9) else { return context }
        guard let turned = emit(.transpose(Transpose(chance(0.95) ? [0, 2, 1, 3] : [0, 2, 3, 1])), [context]) else { return context }
        let lengths = builder.shape(of: turned)
        let joined: SymbolicShape =
            switch int(in: 0...19) {
            case 0: [SymbolicLength(lengths[1].size, scalesWithBatch: true), SymbolicLength(lengths[2].size * lengths[3].size)]
            case 1: [lengths[0], SymbolicLength(lengths[1].size * lengths[2].size * lengths[3].size)]
            default: [lengths[0], lengths[1], SymbolicLength(lengths[2].size * lengths[3].size)]
            }
        return emit(.reshape(Reshape(to: joined)), [turned]) ?? turned
    }
}
