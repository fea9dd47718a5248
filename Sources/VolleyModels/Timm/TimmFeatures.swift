/// The parts of a timm VisionTransformer or Eva that are not read here, found by keys of the configuration and names of
/// tensors.
struct TimmFeatures {
    /// Arguments that are read, or that change nothing once a network is trained.
    private let understood: Set<String>
    /// Arguments that are supported with one value only.
    private let fixed: [String: ConfigurationValue]
    private let parts: [(fragment: String, text: String)]

    /// - Throws: `ModelError` (`unsupported`) with everything found.
    func verify(arguments: Configuration, tensors: [String], path: String) throws {
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

extension TimmFeatures {
    private static let commonArguments: Set<String> = [
        "img_size", "patch_size", "in_chans", "num_classes", "global_pool", "embed_dim", "depth", "num_heads", "mlp_ratio",
        "qkv_bias", "init_values", "class_token", "no_embed_class", "drop_rate", "pos_drop_rate", "patch_drop_rate",
        "proj_drop_rate", "attn_drop_rate", "drop_path_rate", "dynamic_img_size",
    ]
    private static let commonParts = [
        (".attn.q_norm.", "normalised queries"), (".attn.k_norm.", "normalised keys"), (".attn.gate", "gated attention"),
        ("attn_pool.", "attention pooling"), ("rel_pos", "relative positions"),
    ]

    static func of(_ family: TimmArchitecture.Family) -> TimmFeatures {
        switch family {
        case .vit:
            TimmFeatures(
                understood: commonArguments.union([
                    "proj_bias", "reg_tokens", "pre_norm", "fc_norm", "act_layer", "weight_init", "fix_init",
                    "strict_img_size",
                ]),
                fixed: [
                    "qk_norm": .flag(false), "scale_attn_norm": .flag(false), "scale_mlp_norm": .flag(false),
                    "pool_include_prefix": .flag(false), "dynamic_img_pad": .flag(false), "pos_embed": .text("learn"),
                    "final_norm": .flag(true),
                ],
                parts: commonParts + [
                    (".attn.norm.", "normalisation inside attention"), (".mlp.norm.", "normalisation inside the MLP"),
                    (".attn.lambda_", "differential attention"), ("patch_embed.backbone.", "a convolutional stem"),
                    ("patch_embed.norm.", "normalised patches"),
                ])
        case .eva:
            TimmFeatures(
                understood: commonArguments.union([
                    "qkv_fused", "swiglu_mlp", "swiglu_align_to", "scale_mlp", "scale_attn_inner", "num_reg_tokens",
                    "use_rot_pos_emb", "rope_temperature", "ref_feat_shape", "rope_shift_coords", "rope_jitter_coords",
                    "rope_rescale_coords", "use_post_norm", "use_pre_transformer_norm", "use_post_transformer_norm",
                    "use_fc_norm", "head_init_scale",
                ]),
                fixed: [
                    "qk_norm": .flag(false), "attn_type": .text("eva"), "attn_only_layer_scale": .flag(false),
                    "use_abs_pos_emb": .flag(true), "rope_type": .text("cat"), "rope_grid_offset": .integer(0),
                    "rope_grid_indexing": .text("ij"), "rope_rotate_half": .flag(false), "dynamic_img_pad": .flag(false),
                ],
                parts: commonParts + [("rope.", "trained rotary frequencies")])
        }
    }
}
