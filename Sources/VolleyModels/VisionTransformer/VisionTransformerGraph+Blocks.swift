import VolleyGraph

extension VisionTransformerGraph {
    /// `x + proj(attention(q, k, v))`, where q, k and v are projections of norm1(x), cut into heads.
    mutating func attention(_ tokens: NodeID, in block: String) throws -> NodeID {
        let name = "\(block).attn"
        let input = network.normalizesBranches ? tokens : try layers.norm("\(block).norm1", tokens)
        layers.graph.nameSite(on: input, "\(name).qkv.in")
        let attention = Attention(
            name: name, tokens: network.tokenCount, heads: network.heads.value, headWidth: network.headWidth,
            rotation: rotation)
        var context = try layers.attend(
            attention, q: layers.linear("\(name).qkv.q", input), k: layers.linear("\(name).qkv.k", input),
            v: layers.linear("\(name).qkv.v", input))
        if network.hasAttentionNorm { context = try layers.norm("\(name).norm", context) }
        layers.graph.nameSite(on: context, "\(name).proj.in")
        return try residual(tokens, layers.linear("\(name).proj", context), name, scale: "\(block).ls1", norm: "\(block).norm1")
    }

    /// `x + fc2(f(fc1(norm2(x))))`.
    mutating func perceptron(_ tokens: NodeID, in block: String) throws -> NodeID {
        let name = "\(block).mlp"
        let input = network.normalizesBranches ? tokens : try layers.norm("\(block).norm2", tokens)
        layers.graph.nameSite(on: input, "\(name).fc1.in")
        var hidden = network.hasGate ? try gated(input, name) : try plain(input, name)
        if network.hasHiddenNorm { hidden = try layers.norm("\(name).norm", hidden) }
        layers.graph.nameSite(on: hidden, "\(name).fc2.in")
        return try residual(tokens, layers.linear("\(name).fc2", hidden), name, scale: "\(block).ls2", norm: "\(block).norm2")
    }

    private mutating func plain(_ input: NodeID, _ name: String) throws -> NodeID {
        try layers.activation("\(name).act", network.activation, layers.linear("\(name).fc1", input))
    }

    /// `f(fc1_g(x)) · fc1_x(x)`; both sides of the product have neurons, at the sites "g" and "x".
    private mutating func gated(_ input: NodeID, _ name: String) throws -> NodeID {
        let gate = try layers.activation("\(name).act", network.activation, layers.linear("\(name).fc1_g", input))
        let value = try layers.linear("\(name).fc1_x", input)
        layers.graph.nameSite(on: gate, "\(name).g")
        layers.graph.nameSite(on: value, "\(name).x")
        return try layers.combine("\(name).gated", .multiply, gate, value)
    }

    /// `x + γ · branch`, or `x + norm(branch)`.
    private mutating func residual(
        _ skipped: NodeID, _ branch: NodeID, _ name: String, scale: String, norm: String
    ) throws -> NodeID {
        var branch = branch
        if network.normalizesBranches { branch = try layers.norm(norm, branch) }
        if network.hasLayerScale { branch = try layers.combine(scale, .multiply, branch, layers.constant("\(scale).gamma")) }
        return try layers.combine("\(name).add", .add, skipped, branch)
    }
}
