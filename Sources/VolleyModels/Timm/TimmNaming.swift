/// How timm names what its networks have in more than one form.
struct TimmNaming {
    enum Projection {
        /// "attn.qkv.weight" and "attn.qkv.bias".
        case fused
        /// "attn.qkv.weight", "attn.q_bias" and "attn.v_bias".
        case fusedWithOwnBiases
        /// "attn.q_proj.weight", "attn.q_proj.bias" and so on.
        case separate
    }

    /// The names of the two LayerScale vectors of a block, by parameter module, where they are not those of ``Parameter``.
    var layerScale: [String: String] = [:]
    var projection = Projection.fused
    /// Whether the two layers "mlp.fc1_g" and "mlp.fc1_x" of a gated MLP lie in one "mlp.fc1".
    var fusesGate = true

    func stored(_ parameter: Parameter) -> [StoredParameter] {
        let block = parameter.blockPrefix
        switch (parameter.module, parameter.parts.isEmpty) {
        case ("attn.qkv", _):
            switch projection {
            case .fusedWithOwnBiases where parameter.leaf == "bias": return parameter.separate { "\(block)attn.\($0)_bias" }
            case .fused, .fusedWithOwnBiases: return [parameter.fused("q, k and v lie one below the other")]
            case .separate: return parameter.separate { "\(block)attn.\($0)_proj\(parameter.suffix)" }
            }
        case ("mlp.fc1", false):
            return fusesGate
                ? [parameter.fused("the gate lies above what it gates")] : parameter.separate(named: parameter.name(of:))
        default:
            return [parameter.whole(layerScale[parameter.module].map { block + $0 } ?? parameter.name)]
        }
    }
}
