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
        try root.refuse(["quantization_config", "pruned_heads"])
        var diagnostics: [Diagnostic] = []
        let network = try network(&diagnostics)
        return FoundModel(
            network: .vision(
                network, .huggingFace(model: architecture.model, classifier: architecture.classifier)),
            architecture: "Hugging Face \(architecture.rawValue), \(network.summary)",
            preprocessing: try HuggingFaceProcessor(checkpoint, architecture).preprocessing(for: network.imageInput, &diagnostics),
            classNames: try root.classNames(network.classes), diagnostics: diagnostics)
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
            positionsIncludePrefix: true, activation: try root.activation("hidden_act"), epsilon: try epsilon(&diagnostics),
            readout: architecture == .deitWithTeacher ? .classAndDistillationTokens : .classToken)
        try network.verify(path: root.path)
        let hasBias = try root.flag("qkv_bias") ?? checkpoint.has(layer + "0.attention.attention.query.bias")
        network.qkvBias = hasBias ? .all : .none
        return network
    }

    private func imageSize() throws -> (height: Size, width: Size) {
        if let stated = try root.extent("image_size") { return stated }
        let message = "The configuration lacks image_size, the size of the input image in pixels. Add it."
        throw ModelError(.missingKey, message, path: root.path)
    }

    private func heads(_ diagnostics: inout [Diagnostic]) throws -> Size {
        if let stated = try root.size("num_attention_heads") { return stated }
        diagnostics.append(root.assumption("num_attention_heads", 12))
        return Size(12, "num_attention_heads is 12 where it is not stated")
    }

    private func epsilon(_ diagnostics: inout [Diagnostic]) throws -> Float {
        if let stated = try root.number("layer_norm_eps", in: 0...1) { return Float(stated) }
        diagnostics.append(root.assumption("layer_norm_eps", 1e-12))
        return 1e-12
    }
}
