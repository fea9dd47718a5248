import VolleyFormats
import VolleyGraph
import VolleyTensors

/// Reads what a Hugging Face checkpoint says of its text encoder.
struct HuggingFaceTextCheckpoint {
    private let checkpoint: Checkpoint
    private let architecture: HuggingFaceTextArchitecture
    private let shapes: InputShapes
    private let root: Configuration
    private let naming: TextNaming

    init(_ checkpoint: Checkpoint, _ architecture: HuggingFaceTextArchitecture, _ shapes: InputShapes) {
        self.checkpoint = checkpoint
        self.architecture = architecture
        self.shapes = shapes
        root = checkpoint.configuration
        let prefix = architecture.family.rawValue + "."
        let isPrefixed = checkpoint.archive.names.contains { $0.hasPrefix(prefix) }
        naming = TextNaming(
            family: architecture.family, prefix: isPrefixed ? prefix : "",
            hasOldNormNames: checkpoint.archive.names.contains { $0.hasSuffix("LayerNorm.gamma") })
    }

    func model() throws -> FoundModel {
        try root.refuse(["quantization_config", "pruned_heads", "is_decoder", "add_cross_attention"])
        if let kind = try root.text("position_embedding_type"), kind != "absolute" {
            throw root.wrongValue("position_embedding_type", expected: "\"absolute\"")
        }
        var diagnostics: [Diagnostic] = []
        let network = try network(&diagnostics)
        let unused = checkpoint.archive.names.filter(isUnused)
        if !unused.isEmpty {
            let text = "\(unused.count) tensors are not used, as no output needs them: \(unused.listed)."
            diagnostics.append(Diagnostic(checkpoint.archive.paths[0], text))
        }
        return FoundModel(
            network: .text(network, naming), architecture: "Hugging Face \(architecture.name), \(network.summary)",
            classNames: try network.classifier.flatMap { try root.classNames($0.classes) }, unusedTensors: Set(unused),
            diagnostics: diagnostics)
    }

    private func isUnused(_ tensor: String) -> Bool {
        let name = tensor.hasPrefix(naming.prefix) ? String(tensor.dropFirst(naming.prefix.count)) : tensor
        return architecture.unused.contains { $0.hasSuffix(".") ? name.hasPrefix($0) : name == $0 }
    }

    private func network(_ diagnostics: inout [Diagnostic]) throws -> TextEncoder {
        let words = "embeddings.word_embeddings.weight"
        let positions = try size("max_position_embeddings", "embeddings.position_embeddings.weight", axis: 0)
        let padding = try padding(&diagnostics)
        var network = TextEncoder(
            vocabulary: try size("vocab_size", words, axis: 0), positions: positions, types: try types(), readsTypes: false,
            padding: padding, width: try size("hidden_size", words, axis: 1),
            depth: try checkpoint.depth(
                stated: root.size(architecture.key("num_hidden_layers")),
                prefix: "\(naming.prefix)\(architecture.family.layers)."),
            heads: try heads(&diagnostics),
            hidden: try size(
                "intermediate_size",
                "\(architecture.family.layers).0.\(architecture.family.module("intermediate.dense")).weight", axis: 0),
            activation: try root.activation(architecture.key("hidden_act")), epsilon: try epsilon(&diagnostics),
            length: .single, classifier: try classifier())
        if let types = network.types { network.readsTypes = architecture.family == .bert || types.value > 1 }
        network.length = try length(for: network, &diagnostics)
        try network.verify(path: root.path)
        return network
    }

    /// What the configuration states, or else what a tensor of the encoder shows.
    private func size(_ key: String, _ tensor: String, axis: Int) throws -> Size {
        try root.size(architecture.key(key)) ?? checkpoint.size(of: naming.prefix + tensor, axis: axis)
    }

    private func types() throws -> Size? {
        guard architecture.family != .distilbert else { return nil }
        return try size("type_vocab_size", "embeddings.token_type_embeddings.weight", axis: 0)
    }

    private func padding(_ diagnostics: inout [Diagnostic]) throws -> Size? {
        guard architecture.family == .roberta else { return nil }
        if let stated = try root.integer("pad_token_id", from: 0) { return Size(stated, "pad_token_id is \(stated)") }
        diagnostics.append(root.assumption("pad_token_id", 1))
        return Size(1, "pad_token_id is 1 where it is not stated")
    }

    private func heads(_ diagnostics: inout [Diagnostic]) throws -> Size {
        let key = architecture.key("num_attention_heads")
        if let stated = try root.size(key) { return stated }
        diagnostics.append(root.assumption(key, 12))
        return Size(12, "\(key) is 12 where it is not stated")
    }

    private func epsilon(_ diagnostics: inout [Diagnostic]) throws -> Float {
        if architecture.family == .distilbert { return 1e-12 }
        if let stated = try root.number("layer_norm_eps", in: 0...1) { return Float(stated) }
        diagnostics.append(root.assumption("layer_norm_eps", 1e-12))
        return 1e-12
    }

    private func classifier() throws -> (classes: Size, activation: UnaryFunction)? {
        guard architecture.isClassifier else { return nil }
        let weight = architecture.family.module("classifier") + ".weight"
        let classes = try root.size("num_labels") ?? checkpoint.size(of: weight, axis: 0)
        return (classes, architecture.poolerActivation)
    }

    private static let usualLength = 128

    private func length(for network: TextEncoder, _ diagnostics: inout [Diagnostic]) throws -> Size {
        if let stated = try shapes.length(of: ["input_ids", "attention_mask", "token_type_ids"]) { return stated }
        let length = max(1, min(network.longest, Self.usualLength))
        let text = """
            The length of a sequence is not stated. Assumed: \(length) tokens, of at most \(network.longest); shorter ones are \
            filled up with padding whose attention mask is 0. Ask for another with the input shape input_ids=1,LENGTH.
            """
        diagnostics.append(Diagnostic(root.path, text))
        return Size(length, "the length is \(length) where no other is asked for")
    }
}
