import VolleyFormats
import VolleyGraph
import VolleyTensors

/// Reads what a timm checkpoint says of its network. Arguments that a configuration leaves out had their default in the
/// architecture, so they are taken from the tensors.
struct TimmCheckpoint {
    let checkpoint: Checkpoint
    let architecture: TimmArchitecture
    let root: Configuration
    /// The arguments that the network was made with.
    let arguments: Configuration
    /// The section on images; older configurations have its keys at the top.
    let data: Configuration

    init(_ checkpoint: Checkpoint, _ architecture: TimmArchitecture) throws {
        self.checkpoint = checkpoint
        self.architecture = architecture
        root = checkpoint.configuration
        arguments = try root.section("model_args") ?? root.emptySection("model_args")
        data = try root.section("pretrained_cfg") ?? root
    }

    func model() throws -> FoundModel {
        try TimmFeatures.of(architecture.family)
            .verify(arguments: arguments, tensors: checkpoint.archive.names, path: root.path)
        var diagnostics: [Diagnostic] = []
        let network = try network(&diagnostics)
        let names = try root.texts("label_names") ?? data.texts("label_names")
        guard names == nil || names?.count == network.classes.value else {
            let message = """
                label_names has \(names?.count ?? 0) names for \(network.classes.value) classes (\(network.classes.origin)).
                """
            throw ModelError(.contradiction, message, path: root.path)
        }
        return FoundModel(
            network: .vision(network, .timm(naming)), architecture: "timm \(kind), \(network.summary)",
            preprocessing: try TimmPreprocessing(root).preprocessing(for: network.imageInput, &diagnostics), classNames: names,
            diagnostics: diagnostics)
    }

    private var kind: String {
        if architecture.family == .eva { return "Eva" }
        return architecture.hasDistillationToken ? "VisionTransformerDistilled" : "VisionTransformer"
    }

    private var naming: TimmNaming {
        TimmNaming(
            layerScale: checkpoint.has("blocks.0.gamma_1") ? ["ls1": "gamma_1", "ls2": "gamma_2"] : [:],
            projection: checkpoint.has("blocks.0.attn.q_proj.weight")
                ? .separate : architecture.family == .eva ? .fusedWithOwnBiases : .fused,
            fusesGate: !checkpoint.has("blocks.0.mlp.fc1_g.weight"))
    }

    private func network(_ diagnostics: inout [Diagnostic]) throws -> VisionTransformer {
        let patches = "patch_embed.proj.weight"
        let width = try arguments.size("embed_dim") ?? checkpoint.size(of: patches, axis: 0)
        let patch =
            try arguments.extent("patch_size")
            ?? (checkpoint.size(of: patches, axis: 2), checkpoint.size(of: patches, axis: 3))
        let hasClassToken = try arguments.flag("class_token") ?? checkpoint.has("cls_token")
        let readout = try readout(hasClassToken: hasClassToken)
        var network = VisionTransformer(
            channels: try arguments.size("in_chans") ?? checkpoint.size(of: patches, axis: 1),
            image: try imageSize(), patch: patch, width: width,
            depth: try checkpoint.depth(stated: arguments.size("depth"), prefix: "blocks."),
            heads: try heads(width: width, &diagnostics), hidden: try hiddenSize(width: width),
            classes: try classes(), prefix: try prefix(hasClassToken: hasClassToken), positionsIncludePrefix: true,
            activation: try activation(), epsilon: architecture.epsilon, readout: readout)
        try network.verify(path: root.path)
        let rows = checkpoint.archive.shape(of: "pos_embed")?.dimensions.dropFirst().first
        let positionsExcludePrefix = try arguments.flag("no_embed_class") ?? (rows == network.patchCount)
        network.positionsIncludePrefix = !positionsExcludePrefix
        network.hasPatchBias = checkpoint.has("patch_embed.proj.bias")
        network.qkvBias = try qkvBias()
        network.hasProjectionBias = try arguments.flag("proj_bias") ?? checkpoint.has("blocks.0.attn.proj.bias")
        network.hasPreNorm = try arguments.flag(architecture.argument("pre_norm")) ?? checkpoint.has("norm_pre.weight")
        let layerScale = try arguments.number("init_values", in: 0...1e6) ?? 0
        network.hasLayerScale =
            layerScale != 0 || checkpoint.has("blocks.0.ls1.gamma") || checkpoint.has("blocks.0.gamma_1")
        network.normalizesAfterPooling = try normalizesAfterPooling(readout)
        if architecture.family == .eva { try readEva(&network, &diagnostics) }
        return network
    }

    private func qkvBias() throws -> VisionTransformer.QKVBias {
        let tensors = ["qkv.bias", "q_bias", "q_proj.bias"].map { "blocks.0.attn.\($0)" }
        guard try arguments.flag("qkv_bias") ?? tensors.contains(where: checkpoint.has) else { return .none }
        return architecture.family == .eva ? .queriesAndValues : .all
    }

    private func imageSize() throws -> (height: Size, width: Size) {
        if let stated = try arguments.extent("img_size") { return stated }
        guard let stated = try data.numbers("input_size") else {
            let message = """
                The size of the input image is not stated: neither \(arguments.name(of: "img_size")) nor \
                \(data.name(of: "input_size")) is there. Add one to the configuration.
                """
            throw ModelError(.missingKey, message, path: root.path)
        }
        let lengths = stated.dropFirst().compactMap { Int(exactly: $0) }.filter((1...Size.largest).contains)
        guard stated.count == 3, lengths.count == 2 else {
            throw data.wrongValue("input_size", expected: "channels, height and width")
        }
        let origin = "\(data.name(of: "input_size")) is \(data["input_size"]!)"
        return (Size(lengths[0], origin), Size(lengths[1], origin))
    }

    private func heads(width: Size, _ diagnostics: inout [Diagnostic]) throws -> Size {
        var heads = try arguments.size("num_heads")
        // Where the width was chosen by hand, the architecture's own number of heads cannot be told from it.
        if heads == nil, arguments["embed_dim"] == nil, let assumed = architecture.heads(width: width.value) {
            let text = "\(architecture.name) with a width of \(width.value) has \(assumed) heads"
            heads = Size(assumed, text)
            diagnostics.append(
                Diagnostic(root.path, "The configuration has no \(arguments.name(of: "num_heads")). Assumed: \(text)."))
        }
        guard let heads else {
            let message = """
                The configuration lacks \(arguments.name(of: "num_heads")), the number of attention heads, and the tensors \
                do not show it. Add it.
                """
            throw ModelError(.missingKey, message, path: root.path)
        }
        return heads
    }

    private func hiddenSize(width: Size) throws -> Size {
        guard let ratio = try arguments.number("mlp_ratio", in: 0.001...1000) else {
            // Its other layer may be two in one.
            return try checkpoint.size(of: "blocks.0.mlp.fc2.weight", axis: 1)
        }
        var hidden = Int(Double(width.value) * ratio)
        guard hidden > 0 else { throw arguments.wrongValue("mlp_ratio", expected: "at least one unit in the MLP") }
        if let multiple = try arguments.integer("swiglu_align_to", from: 0), multiple > 0 {
            hidden = (hidden + multiple - 1) / multiple * multiple
        }
        return Size(hidden, "\(arguments.name(of: "mlp_ratio")) is \(arguments["mlp_ratio"]!) and \(width.origin)")
    }

    private func classes() throws -> Size {
        let section = arguments["num_classes"] == nil ? root : arguments
        guard try section.integer("num_classes", from: 0) != 0 else {
            let message = "\(section.name(of: "num_classes")) is 0: there is no classifier. Use a checkpoint with one."
            throw ModelError(.unsupported, message, path: root.path)
        }
        return try section.size("num_classes") ?? checkpoint.size(of: "head.weight", axis: 0)
    }

    private func prefix(hasClassToken: Bool) throws -> [VisionTransformer.PrefixTokens] {
        var prefix: [VisionTransformer.PrefixTokens] = []
        if hasClassToken { prefix.append(.init(name: "cls_token", count: .single)) }
        if architecture.hasDistillationToken { return prefix + [.init(name: "dist_token", count: .single)] }
        let registers = architecture.argument("reg_tokens")
        if let stated = try arguments.integer(registers, from: 0) {
            let origin = "\(arguments.name(of: registers)) is \(stated)"
            if stated > 0 { prefix.append(.init(name: "reg_token", count: Size(stated, origin))) }
        } else if checkpoint.has("reg_token") {
            prefix.append(.init(name: "reg_token", count: try checkpoint.size(of: "reg_token", axis: 1)))
        }
        return prefix
    }

    private func readout(hasClassToken: Bool) throws -> VisionTransformer.Readout {
        let section = arguments["global_pool"] == nil ? root : arguments
        let fallback = checkpoint.has("fc_norm.weight") || !hasClassToken ? "avg" : "token"
        let pool = try section.text("global_pool") ?? fallback
        switch (pool, architecture.hasDistillationToken) {
        case ("token", true) where hasClassToken: return .classAndDistillationTokens
        case ("token", false) where hasClassToken: return .classToken
        case ("avg", false): return .meanOfPatches
        case ("token", _):
            let message = "\(section.name(of: "global_pool")) is \"token\", but there is no class token."
            throw ModelError(.contradiction, message, path: root.path)
        default:
            let message = """
                \(section.name(of: "global_pool")) is \(pool.quoted); supported are "token" and, without a distillation \
                token, "avg".
                """
            throw ModelError(.unsupported, message, path: root.path)
        }
    }

    private func normalizesAfterPooling(_ readout: VisionTransformer.Readout) throws -> Bool {
        if readout == .classAndDistillationTokens { return false }
        if let stated = try arguments.flag(architecture.argument("fc_norm")) { return stated }
        if checkpoint.has("fc_norm.weight") != checkpoint.has("norm.weight") { return checkpoint.has("fc_norm.weight") }
        return readout == .meanOfPatches
    }

    private func activation() throws -> UnaryFunction {
        switch try arguments.text("act_layer") {
        case nil: return architecture.activation
        case "gelu": return .gelu
        case "gelu_tanh": return .geluTanh
        case "quick_gelu": return .quickGELU
        case "relu": return .relu
        case "silu", "swish": return .silu
        default:
            throw arguments.wrongValue("act_layer", expected: "one of gelu, gelu_tanh, quick_gelu, relu, silu, swish")
        }
    }
}
