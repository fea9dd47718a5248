import VolleyGraph
import VolleyTensors

/// Builds the graph of a Vision Transformer. Shapes: images N, tokens L, width D, heads H of D/H each.
struct VisionTransformerGraph {
    let network: VisionTransformer
    var layers: LayerBuilder
    /// Of q and k, where the positions are rotary.
    private(set) var rotation: Rotation?

    /// - Parameter parameters: the constants by name; they move into the graph.
    static func build(_ network: VisionTransformer, parameters: inout [String: Tensor]) throws -> Graph {
        var graph = VisionTransformerGraph(
            network: network, layers: LayerBuilder(epsilon: network.epsilon, parameters: parameters))
        parameters = [:]
        var tokens = try graph.embedding()
        graph.rotation = try network.rotary.map { rotary in
            let angles = rotary.angles(prefix: network.prefixCount, grid: network.grid, headWidth: network.headWidth)
            return try graph.layers.rotation("rope", angles: angles)
        }
        for block in 0..<network.depth {
            tokens = try graph.attention(tokens, in: "blocks.\(block)")
            tokens = try graph.perceptron(tokens, in: "blocks.\(block)")
        }
        graph.layers.graph.output("logits", try graph.logits(tokens))
        return try graph.layers.build()
    }

    private init(network: VisionTransformer, layers: LayerBuilder) {
        self.network = network
        self.layers = layers
    }

    /// Patches and prefix with their positions: [N, C, H, W] → [N, L, D].
    private mutating func embedding() throws -> NodeID {
        let (patch, width) = (network.patch, network.width.value)
        let image = try layers.graph.input(
            "input",
            shape: [
                .batch, SymbolicLength(network.channels.value), SymbolicLength(network.image.height.value),
                SymbolicLength(network.image.width.value),
            ])
        let convolution = Convolution(stride: [patch.height.value, patch.width.value])
        let patches = try layers.weighted("patch_embed.proj", .convolution(convolution), image)
        let flat = try layers.reshape(
            "patch_embed.flatten", patches, [.batch, SymbolicLength(width), SymbolicLength(network.patchCount)])
        var tokens = try layers.transpose("patch_embed.tokens", flat, [0, 2, 1])
        if !network.positionsIncludePrefix { tokens = try addPositions(tokens) }
        if !network.prefix.isEmpty {
            let prefix = try network.prefix.map { token in
                let shape: SymbolicShape = [.batch, SymbolicLength(token.count.value), SymbolicLength(width)]
                return try layers.graph.add(
                    "\(token.name).expanded", .expansion(Expansion(to: shape)), [layers.constant(token.name)])
            }
            tokens = try layers.graph.add("tokens", .concatenation(Concatenation(axis: 1)), prefix + [tokens])
        }
        if network.positionsIncludePrefix { tokens = try addPositions(tokens) }
        return network.hasPreNorm ? try layers.norm("norm_pre", tokens) : tokens
    }

    private mutating func addPositions(_ tokens: NodeID) throws -> NodeID {
        try layers.combine("pos_embed.add", .add, tokens, layers.constant("pos_embed"))
    }

    /// The last normalisation, pooling and the classifiers: [N, L, D] → [N, classes].
    private mutating func logits(_ tokens: NodeID) throws -> NodeID {
        let normalized = network.normalizesAfterPooling ? tokens : try layers.norm("norm", tokens)
        switch network.readout {
        case .classToken: return try head("head", on: try layers.token(0, of: normalized, name: "pool"))
        case .meanOfPatches:
            var patches = normalized
            if network.prefixCount > 0 {
                let slice = Slicing(axis: 1, start: network.prefixCount, length: network.patchCount)
                patches = try layers.graph.add("pool.patches", .slice(slice), [normalized])
            }
            let mean = Operator.reduction(Reduction(.mean, axes: [1]))
            return try head("head", on: try layers.graph.add("pool", mean, [patches]))
        case .classAndDistillationTokens:
            let first = try head("head", on: try layers.token(0, of: normalized, name: "pool"))
            let second = try head("head_dist", on: try layers.token(1, of: normalized, name: "pool_dist"))
            return try layers.scale("head.mean", try layers.combine("head.sum", .add, first, second), by: 0.5)
        }
    }

    private mutating func head(_ name: String, on pooled: NodeID) throws -> NodeID {
        let features = network.normalizesAfterPooling ? try layers.norm("fc_norm", pooled) : pooled
        layers.graph.nameSite(on: features, "\(name).in")
        return try layers.linear(name, features)
    }
}
