import VolleyGraph
import VolleyTensors

/// Reads what a Hugging Face checkpoint says of its network.
struct HuggingFaceCheckpoint {
    let checkpoint: Checkpoint
    let architecture: HuggingFaceArchitecture
    let root: Configuration

    init(_ checkpoint: Checkpoint, _ architecture: HuggingFaceArchitecture) {
        self.checkpoint = checkpoint
        self.architecture = architecture
        root = checkpoint.configuration
    }

    func model() throws -> FoundModel {
        let refused = ["quantization_config", "pruned_heads"].filter { root[$0] != nil && root[$0] != .object([:]) }
        guard refused.isEmpty else {
            let message = "The network uses parts that are not supported: \(refused.listed)."
            throw ModelError(.unsupported, message, path: root.path)
        }
        var diagnostics: [Diagnostic] = []
        let network = try network(&diagnostics)
        return FoundModel(
            network: network, naming: .huggingFace(model: architecture.model, classifier: architecture.classifier),
            architecture: "Hugging Face \(architecture.rawValue), \(network.summary)",
            preprocessing: try HuggingFaceProcessor(checkpoint, architecture).preprocessing(for: network, &diagnostics),
            classNames: try classNames(network.classes), diagnostics: diagnostics)
    }

    private func network(_ diagnostics: inout [Diagnostic]) throws -> VisionTransformer {
        let patches = "\(architecture.model).embeddings.patch_embeddings.projection.weight"
        let layer = "\(architecture.model).encoder.layer."
        let width = try root.size("hidden_size") ?? checkpoint.size(of: patches, axis: 0)
        let patch =
            try root.extent("patch_size")
            ?? (checkpoint.size(of: patches, axis: 2), checkpoint.size(of: patches, axis: 3))
        let classifier = architecture.classifier + ".weight"
        var prefix = [VisionTransformer.PrefixTokens(name: "cls_token", count: .single)]
        if architecture != .vit { prefix.append(.init(name: "dist_token", count: .single)) }
        var network = VisionTransformer(
            channels: try root.size("num_channels") ?? checkpoint.size(of: patches, axis: 1), image: try imageSize(),
            patch: patch, width: width,
            depth: try checkpoint.depth(stated: root.size("num_hidden_layers"), prefix: layer),
            heads: try heads(&diagnostics),
            hidden: try root.size("intermediate_size")
                ?? checkpoint.size(of: layer + "0.intermediate.dense.weight", axis: 0),
            classes: try root.size("num_labels") ?? checkpoint.size(of: classifier, axis: 0), prefix: prefix,
            positionsIncludePrefix: true, activation: try activation(), epsilon: try epsilon(&diagnostics),
            readout: architecture == .deitWithTeacher ? .classAndDistillationTokens : .classToken)
        try network.verify(path: root.path)
        network.hasQKVBias = try root.flag("qkv_bias") ?? checkpoint.has(layer + "0.attention.attention.query.bias")
        return network
    }

    private func imageSize() throws -> (height: Size, width: Size) {
        if let stated = try root.extent("image_size") { return stated }
        let message = "The configuration lacks image_size, the size of the input image in pixels. Add it."
        throw ModelError(.missingKey, message, path: root.path)
    }

    private func heads(_ diagnostics: inout [Diagnostic]) throws -> Size {
        if let stated = try root.size("num_attention_heads") { return stated }
        note("num_attention_heads", 12, &diagnostics)
        return Size(12, "num_attention_heads is 12 where it is not stated")
    }

    private func epsilon(_ diagnostics: inout [Diagnostic]) throws -> Float {
        if let stated = try root.number("layer_norm_eps", in: 0...1) { return Float(stated) }
        note("layer_norm_eps", 1e-12, &diagnostics)
        return 1e-12
    }

    private func note(_ key: String, _ value: some CustomStringConvertible, _ diagnostics: inout [Diagnostic]) {
        let text = "The configuration does not state \(key). Assumed, as the library does: \(value)."
        diagnostics.append(Diagnostic(root.path, text))
    }

    private func activation() throws -> UnaryFunction {
        switch try root.text("hidden_act") {
        case nil, "gelu", "gelu_python": return .gelu
        case "gelu_new", "gelu_pytorch_tanh": return .geluTanh
        case "quick_gelu": return .quickGELU
        case "relu": return .relu
        case "silu", "swish": return .silu
        default:
            throw root.wrongValue(
                "hidden_act", expected: "one of gelu, gelu_new, gelu_pytorch_tanh, quick_gelu, relu, silu, swish")
        }
    }

    private func classNames(_ classes: Size) throws -> [String]? {
        guard let labels = try root.section("id2label") else { return nil }
        let names = try (0..<min(classes.value, labels.keys.count)).compactMap { try labels.text(String($0)) }
        guard names.count == classes.value, labels.keys.count == classes.value else {
            let message = """
                id2label must name the classes 0 to \(classes.value - 1) (\(classes.origin)); it has \(labels.keys.count) \
                entries, \(names.count) of them with such a number.
                """
            throw ModelError(.contradiction, message, path: root.path)
        }
        return names
    }
}
