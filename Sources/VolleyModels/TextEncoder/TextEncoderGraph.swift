import VolleyGraph
import VolleyTensors

/// Builds the graph of a text encoder. Shapes: samples N, tokens L, width D.
///
/// Nodes are named after the modules of the BERT of Hugging Face, whichever family the network is of. In a layer the neuron
/// sites are "attention.self.in" for what query, key and value read, "attention.self.q", "…k", "…v" and "…s" for both
/// sides of the two products, "attention.output.dense.in", "intermediate.dense.in" and "output.dense.in"; behind the layers
/// "pooler.dense.in" and "classifier.in".
struct TextEncoderGraph {
    private let network: TextEncoder
    private var layers: LayerBuilder

    /// - Parameter parameters: the constants by name; they move into the graph.
    static func build(_ network: TextEncoder, parameters: inout [String: Tensor]) throws -> Graph {
        var graph = TextEncoderGraph(network, LayerBuilder(epsilon: network.epsilon, parameters: parameters))
        parameters = [:]
        let embedded = try graph.embedding()
        let mask = try graph.mask()
        var tokens = embedded
        for layer in 0..<network.depth {
            tokens = try graph.attention(tokens, mask, in: "encoder.layer.\(layer)")
            tokens = try graph.perceptron(tokens, in: "encoder.layer.\(layer)")
        }
        graph.layers.graph.output("last_hidden_state", tokens)
        if let classifier = network.classifier {
            graph.layers.graph.output("logits", try graph.logits(tokens, classifier.activation))
        }
        return try graph.layers.build()
    }

    private init(_ network: TextEncoder, _ layers: LayerBuilder) {
        self.network = network
        self.layers = layers
    }

    private mutating func input(_ name: String) throws -> NodeID {
        try layers.graph.input(name, shape: [.batch, SymbolicLength(network.length.value)])
    }

    /// `norm(word + kind + position)`: [N, L] → [N, L, D].
    private mutating func embedding() throws -> NodeID {
        let ids = try input("input_ids")
        var sum = try lookUp("word", ids)
        if network.types != nil {
            let name = "embeddings.token_type_embeddings"
            let kinds =
                network.readsTypes
                ? try lookUp("token_type", try input("token_type_ids"))
                : try layers.graph.constant("\(name).0", layers.parameter("\(name).weight").rows(0..<1))
            sum = try layers.combine("\(name).add", .add, sum, kinds)
        }
        let name = "embeddings.position_embeddings"
        let positions =
            if let padding = network.padding {
                try lookUp("position", try positionsBehindPadding(ids, Float(padding.value)))
            } else {
                try layers.graph.constant(name, layers.parameter("\(name).weight").rows(0..<network.length.value))
            }
        sum = try layers.combine("\(name).add", .add, sum, positions)
        return try layers.norm("embeddings.LayerNorm", sum)
    }

    private mutating func lookUp(_ kind: String, _ indices: NodeID) throws -> NodeID {
        let name = "embeddings.\(kind)_embeddings"
        return try layers.graph.add(name, .gather(Gather(axis: 0)), [layers.constant("\(name).weight"), indices])
    }

    /// `padding + number of tokens so far that are no padding`, and `padding` itself for padding: [N, L] → [N, L].
    private mutating func positionsBehindPadding(_ ids: NodeID, _ padding: Float) throws -> NodeID {
        let constant = try layers.graph.constant("position_ids.padding", Tensor(scalar: padding))
        let none = try layers.graph.constant("position_ids.none", Tensor(scalar: 0))
        let isToken = try layers.combine("position_ids.is_token", .notEqual, ids, constant)
        let count = try layers.graph.add("position_ids.count", .cumulativeSum(CumulativeSum(axis: 1)), [isToken])
        let counted = try layers.graph.add("position_ids.counted", .selection(Selection()), [isToken, count, none])
        return try layers.combine("position_ids", .add, counted, constant)
    }

    /// What is added to the scores of padding. After the softmax nothing is left of them, and sums of it over many
    /// time-steps are still far from overflowing.
    private static let maskedScore: Float = -0x1p30

    /// `(1 − mask) · maskedScore`: [N, L] → [N, 1, 1, L].
    private mutating func mask() throws -> NodeID {
        let mask = try input("attention_mask")
        let one = try layers.graph.constant("attention_mask.one", Tensor(scalar: 1))
        let isPadding = try layers.combine("attention_mask.padding", .subtract, one, mask)
        let scaled = try layers.scale("attention_mask.scale", isPadding, by: Self.maskedScore)
        return try layers.reshape("attention_mask.scores", scaled, [.batch, 1, 1, SymbolicLength(network.length.value)])
    }

    private mutating func attention(_ tokens: NodeID, _ mask: NodeID, in layer: String) throws -> NodeID {
        let name = "\(layer).attention.self"
        layers.graph.nameSite(on: tokens, "\(name).in")
        let attention = Attention(
            name: name, tokens: network.length.value, heads: network.heads.value, headWidth: network.headWidth, mask: mask)
        let context = try layers.attend(
            attention, q: layers.linear("\(name).query", tokens), k: layers.linear("\(name).key", tokens),
            v: layers.linear("\(name).value", tokens))
        return try residual(tokens, context, "\(layer).attention.output")
    }

    private mutating func perceptron(_ tokens: NodeID, in layer: String) throws -> NodeID {
        let name = "\(layer).intermediate"
        layers.graph.nameSite(on: tokens, "\(name).dense.in")
        let hidden = try layers.linear("\(name).dense", tokens)
        let active = try layers.activation("\(name).activation", network.activation, hidden)
        return try residual(tokens, active, "\(layer).output")
    }

    /// `norm(x + dense(branch))`.
    private mutating func residual(_ skipped: NodeID, _ branch: NodeID, _ name: String) throws -> NodeID {
        layers.graph.nameSite(on: branch, "\(name).dense.in")
        let projected = try layers.linear("\(name).dense", branch)
        return try layers.norm("\(name).LayerNorm", try layers.combine("\(name).add", .add, projected, skipped))
    }

    /// `classifier(f(dense(x₀)))`: [N, L, D] → [N, classes].
    private mutating func logits(_ tokens: NodeID, _ activation: UnaryFunction) throws -> NodeID {
        let first = try layers.token(0, of: tokens, name: "pooler")
        layers.graph.nameSite(on: first, "pooler.dense.in")
        let pooled = try layers.activation("pooler.activation", activation, try layers.linear("pooler.dense", first))
        layers.graph.nameSite(on: pooled, "classifier.in")
        return try layers.linear("classifier", pooled)
    }
}
