import VolleyGraph
import VolleyTensors

/// What attention does apart from its projections. Shapes: tokens L, width D, heads H of D/H each.
struct Attention {
    /// Before the names of its nodes and neuron sites: "name.q", "name.k", "name.v" and "name.s" for the softmax.
    var name: String
    var tokens: Int
    var heads: Int
    var headWidth: Int
    /// Turns q and k by the positions of their tokens.
    var rotation: Rotation?
    /// Added to the scores, such as [N, 1, 1, L].
    var mask: NodeID?
}

extension LayerBuilder {
    /// `softmax(q·kᵀ / √(D/H) + mask)·v` in every head: three times [N, L, D] → [N, L, D].
    ///
    /// The scores are scaled and not q, so that q's neurons come before the scale.
    mutating func attend(_ attention: Attention, q: NodeID, k: NodeID, v: NodeID) throws -> NodeID {
        let name = attention.name
        let q = try heads("q", q, attention, order: [0, 2, 1, 3], rotation: attention.rotation)
        let k = try heads("k", k, attention, order: [0, 2, 3, 1], rotation: attention.rotation)
        let v = try heads("v", v, attention, order: [0, 2, 1, 3], rotation: nil)
        let scores = try graph.add("\(name).scores", .matrixProduct(MatrixProduct()), [q, k])
        var scaled = try scale("\(name).scale", scores, by: 1 / Float(attention.headWidth).squareRoot())
        if let mask = attention.mask { scaled = try combine("\(name).masked", .add, scaled, mask) }
        let weights = try graph.add("\(name).softmax", .softmax(Softmax()), [scaled])
        graph.nameSite(on: weights, "\(name).s")
        let context = try graph.add("\(name).context", .matrixProduct(MatrixProduct()), [weights, v])
        let ordered = try transpose("\(name).context.tokens", context, [0, 2, 1, 3])
        let width = SymbolicLength(attention.heads * attention.headWidth)
        return try reshape("\(name).context.merged", ordered, [.batch, SymbolicLength(attention.tokens), width])
    }

    /// One of q, k and v: [N, L, D] → [N, L, H, D/H], its axes put in `order`.
    private mutating func heads(
        _ letter: String, _ projected: NodeID, _ attention: Attention, order: [Int], rotation: Rotation?
    ) throws -> NodeID {
        let name = "\(attention.name).\(letter)"
        let shape: SymbolicShape = [
            .batch, SymbolicLength(attention.tokens), SymbolicLength(attention.heads), SymbolicLength(attention.headWidth),
        ]
        var split = try reshape("\(name).split", projected, shape)
        if let rotation { split = try rotate(name, split, by: rotation) }
        let heads = try transpose("\(name).heads", split, order)
        graph.nameSite(on: heads, name)
        return heads
    }
}
