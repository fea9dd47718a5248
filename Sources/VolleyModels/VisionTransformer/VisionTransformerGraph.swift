import VolleyGraph
import VolleyTensors

/// Builds the graph of a Vision Transformer. Shapes: images N, tokens L, width D, heads H of D/H each.
struct VisionTransformerGraph {
    private let network: VisionTransformer
    private var builder = GraphBuilder()
    /// What is not yet in the graph.
    private var parameters: [String: Tensor]

    /// - Parameter parameters: the constants by name; they move into the graph.
    static func build(_ network: VisionTransformer, parameters: inout [String: Tensor]) throws -> Graph {
        var graph = VisionTransformerGraph(network: network, parameters: parameters)
        parameters = [:]
        var tokens = try graph.embedding()
        for block in 0..<network.depth {
            tokens = try graph.attention(tokens, in: "blocks.\(block)")
            tokens = try graph.perceptron(tokens, in: "blocks.\(block)")
        }
        graph.builder.output("logits", try graph.logits(tokens))
        precondition(graph.parameters.isEmpty, "unused parameters: \(graph.parameters.keys.sorted())")
        return try graph.builder.build()
    }

    private init(network: VisionTransformer, parameters: [String: Tensor]) {
        self.network = network
        self.parameters = parameters
    }

    /// Patches and prefix with their positions: [N, C, H, W] → [N, L, D].
    private mutating func embedding() throws -> NodeID {
        let (patch, width) = (network.patch, network.width.value)
        let image = try builder.input(
            "input",
            shape: [
                .batch, Dimension(network.channels.value), Dimension(network.image.height.value),
                Dimension(network.image.width.value),
            ])
        let convolution = Convolution(stride: [patch.height.value, patch.width.value])
        let patches = try weighted("patch_embed.proj", .convolution(convolution), image)
        let flat = try reshape("patch_embed.flatten", patches, [.batch, Dimension(width), Dimension(network.patchCount)])
        var tokens = try builder.add("patch_embed.tokens", .transpose(Transpose([0, 2, 1])), [flat])
        if !network.positionsIncludePrefix { tokens = try addPositions(tokens) }
        if !network.prefix.isEmpty {
            let prefix = try network.prefix.map { token in
                let shape: SymbolicShape = [.batch, Dimension(token.count.value), Dimension(width)]
                return try builder.add(
                    "\(token.name).expanded", .expansion(Expansion(to: shape)), [constant(token.name)])
            }
            tokens = try builder.add("tokens", .concatenation(Concatenation(axis: 1)), prefix + [tokens])
        }
        if network.positionsIncludePrefix { tokens = try addPositions(tokens) }
        return network.hasPreNorm ? try norm("norm_pre", tokens) : tokens
    }

    private mutating func addPositions(_ tokens: NodeID) throws -> NodeID {
        try builder.add("pos_embed.add", .elementwise(Elementwise(.add)), [tokens, constant("pos_embed")])
    }

    /// `x + proj(softmax(q·kᵀ / √(D/H))·v)`, where q, k and v are projections of norm1(x), cut into heads.
    private mutating func attention(_ tokens: NodeID, in block: String) throws -> NodeID {
        let name = "\(block).attn"
        let normalized = try norm("\(block).norm1", tokens)
        builder.nameSite(on: normalized, "\(name).qkv.in")
        let q = try heads("q", of: normalized, in: name, order: [0, 2, 1, 3])
        let k = try heads("k", of: normalized, in: name, order: [0, 2, 3, 1])
        let v = try heads("v", of: normalized, in: name, order: [0, 2, 1, 3])
        let scores = try builder.add("\(name).scores", .matrixProduct(MatrixProduct()), [q, k])
        let scaled = try scale("\(name).scale", scores, by: 1 / Float(network.headWidth).squareRoot())
        let weights = try builder.add("\(name).softmax", .softmax(Softmax()), [scaled])
        builder.nameSite(on: weights, "\(name).s")
        let context = try builder.add("\(name).context", .matrixProduct(MatrixProduct()), [weights, v])
        let ordered = try builder.add("\(name).context.tokens", .transpose(Transpose([0, 2, 1, 3])), [context])
        let merged = try reshape(
            "\(name).context.merged", ordered,
            [.batch, Dimension(network.tokenCount), Dimension(network.width.value)])
        builder.nameSite(on: merged, "\(name).proj.in")
        let projected = try linear("\(name).proj", merged)
        return try residual(tokens, try layerScale("\(block).ls1", projected), name: "\(name).add")
    }

    /// One of q, k and v: [N, L, D] → [N, L, H, D/H], its axes put in `order`.
    private mutating func heads(_ letter: String, of tokens: NodeID, in name: String, order: [Int]) throws -> NodeID {
        let projected = try linear("\(name).qkv.\(letter)", tokens)
        let split = try reshape(
            "\(name).\(letter).split", projected,
            [.batch, Dimension(network.tokenCount), Dimension(network.heads.value), Dimension(network.headWidth)])
        let heads = try builder.add("\(name).\(letter).heads", .transpose(Transpose(order)), [split])
        builder.nameSite(on: heads, "\(name).\(letter)")
        return heads
    }

    /// `x + fc2(f(fc1(norm2(x))))`.
    private mutating func perceptron(_ tokens: NodeID, in block: String) throws -> NodeID {
        let name = "\(block).mlp"
        let normalized = try norm("\(block).norm2", tokens)
        builder.nameSite(on: normalized, "\(name).fc1.in")
        let hidden = try linear("\(name).fc1", normalized)
        let active = try builder.add("\(name).act", .activation(Activation(network.activation)), [hidden])
        builder.nameSite(on: active, "\(name).fc2.in")
        let output = try linear("\(name).fc2", active)
        return try residual(tokens, try layerScale("\(block).ls2", output), name: "\(name).add")
    }

    /// The last normalisation, pooling and the classifiers: [N, L, D] → [N, classes].
    private mutating func logits(_ tokens: NodeID) throws -> NodeID {
        let normalized = network.normalizesAfterPooling ? tokens : try norm("norm", tokens)
        switch network.readout {
        case .classToken: return try head("head", on: try token(0, of: normalized, name: "pool"))
        case .meanOfPatches:
            var patches = normalized
            if network.prefixCount > 0 {
                let slice = Slice(axis: 1, start: network.prefixCount, length: network.patchCount)
                patches = try builder.add("pool.patches", .slice(slice), [normalized])
            }
            return try head("head", on: try builder.add("pool", .reduction(Reduction(.mean, axes: [1])), [patches]))
        case .classAndDistillationTokens:
            let first = try head("head", on: try token(0, of: normalized, name: "pool"))
            let second = try head("head_dist", on: try token(1, of: normalized, name: "pool_dist"))
            let sum = try builder.add("head.sum", .elementwise(Elementwise(.add)), [first, second])
            return try scale("head.mean", sum, by: 0.5)
        }
    }

    private mutating func token(_ index: Int, of tokens: NodeID, name: String) throws -> NodeID {
        let slice = Slice(axis: 1, start: index, length: 1)
        let token = try builder.add("\(name).token", .slice(slice), [tokens])
        return try reshape(name, token, [.batch, Dimension(network.width.value)])
    }

    private mutating func head(_ name: String, on pooled: NodeID) throws -> NodeID {
        let features = network.normalizesAfterPooling ? try norm("fc_norm", pooled) : pooled
        builder.nameSite(on: features, "\(name).in")
        return try linear(name, features)
    }
}

/// Nodes with their constants.
extension VisionTransformerGraph {
    private mutating func constant(_ name: String) throws -> NodeID {
        guard let tensor = parameters.removeValue(forKey: name) else { preconditionFailure("no parameter '\(name)'") }
        return try builder.constant(name, tensor)
    }

    /// An operation with a weight and, where there is one, a bias.
    private mutating func weighted(_ name: String, _ operation: Operator, _ input: NodeID) throws -> NodeID {
        var inputs = [input, try constant("\(name).weight")]
        if parameters["\(name).bias"] != nil { inputs.append(try constant("\(name).bias")) }
        return try builder.add(name, operation, inputs)
    }

    private mutating func linear(_ name: String, _ input: NodeID) throws -> NodeID {
        try weighted(name, .linear(Linear()), input)
    }

    private mutating func norm(_ name: String, _ input: NodeID) throws -> NodeID {
        try weighted(name, .layerNormalization(LayerNormalization(epsilon: network.epsilon)), input)
    }

    private mutating func reshape(_ name: String, _ input: NodeID, _ shape: SymbolicShape) throws -> NodeID {
        try builder.add(name, .reshape(Reshape(to: shape)), [input])
    }

    private mutating func scale(_ name: String, _ input: NodeID, by factor: Float) throws -> NodeID {
        let constant = try builder.constant("\(name).factor", Tensor(scalar: factor))
        return try builder.add(name, .elementwise(Elementwise(.multiply)), [input, constant])
    }

    private mutating func layerScale(_ name: String, _ input: NodeID) throws -> NodeID {
        guard network.hasLayerScale else { return input }
        return try builder.add(name, .elementwise(Elementwise(.multiply)), [input, constant("\(name).gamma")])
    }

    private mutating func residual(_ skipped: NodeID, _ branch: NodeID, name: String) throws -> NodeID {
        try builder.add(name, .elementwise(Elementwise(.add)), [skipped, branch])
    }
}
