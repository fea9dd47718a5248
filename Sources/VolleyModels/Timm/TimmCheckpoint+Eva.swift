import VolleyFormats
import VolleyGraph
import VolleyTensors

extension TimmCheckpoint {
    /// What an EVA or EVA-02 network has beyond a Vision Transformer.
    func readEva(_ network: inout VisionTransformer, _ diagnostics: inout [Diagnostic]) throws {
        network.hasAttentionNorm = try arguments.flag("scale_attn_inner") ?? checkpoint.has("blocks.0.attn.norm.weight")
        network.hasHiddenNorm = try arguments.flag("scale_mlp") ?? checkpoint.has("blocks.0.mlp.norm.weight")
        network.hasGate = try arguments.flag("swiglu_mlp") ?? hasGateTensors
        if network.hasGate { network.activation = .silu }
        network.normalizesBranches = try arguments.flag("use_post_norm") ?? architecture.isEnormous
        if try arguments.flag("use_rot_pos_emb") ?? architecture.hasRotaryPositions {
            network.rotary = try rotaryPositions(network.grid, &diagnostics)
        }
        try network.verify(path: root.path)
    }

    /// Whether the first layer of the MLP has twice as many outputs as the second has inputs.
    private var hasGateTensors: Bool {
        if checkpoint.has("blocks.0.mlp.fc1_g.weight") { return true }
        guard let first = checkpoint.archive.shape(of: "blocks.0.mlp.fc1.weight"),
            let second = checkpoint.archive.shape(of: "blocks.0.mlp.fc2.weight"), first.rank == 2, second.rank == 2
        else { return false }
        return first[0] / 2 == second[1] && first[0] % 2 == 0
    }

    private func rotaryPositions(
        _ grid: (rows: Int, columns: Int), _ diagnostics: inout [Diagnostic]
    ) throws -> RotaryPositions {
        var rotary = RotaryPositions()
        if let stated = try arguments.number("rope_temperature", in: 1e-3...1e9) { rotary.temperature = Float(stated) }
        if let stated = try arguments.extent("ref_feat_shape") {
            rotary.reference = (rows: stated.height, columns: stated.width)
        } else if architecture.hasRotaryPositions, !arguments.isNull("ref_feat_shape") {
            let side = Size(TimmArchitecture.rotaryGrid, "\(architecture.name) has it")
            rotary.reference = (side, side)
            if grid == (side.value, side.value) { return rotary }
            let text = """
                The configuration has no \(arguments.name(of: "ref_feat_shape")). Assumed: \(architecture.name) was \
                pre-trained on \(side.value)×\(side.value) patches, and its rotary positions are counted on them.
                """
            diagnostics.append(Diagnostic(root.path, text))
        }
        return rotary
    }
}
