/// The parts of a timm VisionTransformer that are not read here, found by keys of the configuration and names of tensors.
enum TimmFeatures {
    /// Arguments that are read, or that change nothing once a network is trained.
    private static let understood: Set<String> = [
        "img_size", "patch_size", "in_chans", "num_classes", "global_pool", "embed_dim", "depth", "num_heads", "mlp_ratio",
        "qkv_bias", "proj_bias", "init_values", "class_token", "no_embed_class", "reg_tokens", "pre_norm", "fc_norm",
        "act_layer", "drop_rate", "pos_drop_rate", "patch_drop_rate", "proj_drop_rate", "attn_drop_rate", "drop_path_rate",
        "weight_init", "fix_init", "dynamic_img_size", "strict_img_size",
    ]
    /// Arguments that are supported with one value only.
    private static let fixed: [String: ConfigurationValue] = [
        "qk_norm": .flag(false), "scale_attn_norm": .flag(false), "scale_mlp_norm": .flag(false),
        "pool_include_prefix": .flag(false), "dynamic_img_pad": .flag(false), "pos_embed": .text("learn"),
        "final_norm": .flag(true),
    ]
    private static let parts = [
        (".attn.q_norm.", "normalised queries"), (".attn.k_norm.", "normalised keys"),
        (".attn.norm.", "normalisation inside attention"), (".mlp.norm.", "normalisation inside the MLP"),
        (".attn.gate", "gated attention"), (".attn.lambda_", "differential attention"), ("attn_pool.", "attention pooling"),
        ("patch_embed.backbone.", "a convolutional stem"), ("patch_embed.norm.", "normalised patches"),
        ("rel_pos", "relative positions"),
    ]

    /// - Throws: `ModelError` (`unsupported`) with everything found.
    static func verify(arguments: Configuration, tensors: [String], path: String) throws {
        var found = arguments.keys.sorted().filter { !understood.contains($0) && arguments[$0] != fixed[$0] }
            .map { "\(arguments.name(of: $0)) = \(arguments[$0]!)" }
        for (fragment, part) in parts {
            let names = tensors.filter { $0.contains(fragment) }
            if !names.isEmpty { found.append("\(part) (\(names.count) tensors such as \(names[0].quoted))") }
        }
        guard found.isEmpty else {
            let message = "The network uses parts that are not supported: \(found.joined(separator: "; "))."
            throw ModelError(.unsupported, message, path: path)
        }
    }
}
