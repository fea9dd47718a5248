import VolleyGraph

/// What the name of a timm architecture says that neither the configuration nor the tensors do.
struct TimmArchitecture {
    /// How the names of supported architectures begin.
    static let families = ["vit_", "deit_", "deit3_", "flexivit_"]

    /// Parts of the names of networks that look the same in a file but compute something else: rotary positions, other
    /// blocks, an activation that differs from one variant to the next.
    private static let otherNetworks = [
        "_rope_", "_relpos_", "_srelpos_", "_rpn_", "_dinov3_", "_pe_", "_siglip_", "_lingbot_", "_sapiens2_",
    ]

    let name: String

    /// - Throws: `ModelError` (`unknownArchitecture`).
    init(name: String, path: String) throws {
        let other = Self.otherNetworks.first(where: (name + "_").contains)
        guard Self.families.contains(where: name.hasPrefix), other == nil else {
            let reason = other.map { " (\($0.quoted) names a different network)" } ?? ""
            let message = """
                The architecture \(name.quoted) is not supported\(reason). Supported are: \(FoundModel.supported). Other \
                networks can be imported from ONNX files.
                """
            throw ModelError(.unknownArchitecture, message, path: path)
        }
        self.name = name
    }

    var hasDistillationToken: Bool { name.hasPrefix("deit_") && name.contains("_distilled") }

    /// ε of the layer normalisations; no configuration states it.
    var epsilon: Float { (name + "_").contains("_clip_") ? 1e-5 : 1e-6 }

    var activation: UnaryFunction { name.contains("_quickgelu") ? .quickGELU : .gelu }

    /// The number of heads of the published architecture whose tokens have this width.
    func heads(width: Int) -> Int? {
        if name == "vit_base_patch16_gap_224" { return 16 }
        switch width {
        case 1152, 1280, 1408, 1664: return 16
        default: return width % 64 == 0 ? width / 64 : nil
        }
    }
}
