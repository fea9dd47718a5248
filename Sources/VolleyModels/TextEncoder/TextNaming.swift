/// How Hugging Face Transformers names the parameters of a text encoder in its files.
struct TextNaming {
    var family: TextFamily
    /// "bert." or the like; empty where the encoder was saved by itself.
    var prefix: String
    /// Whether layer normalisations have "gamma" and "beta", as in files converted from TensorFlow.
    var hasOldNormNames: Bool

    func stored(_ parameter: TextParameter) -> StoredParameter {
        StoredParameter(tensor: tensor(parameter), shape: parameter.shape, names: [parameter.name])
    }

    private func tensor(_ parameter: TextParameter) -> String {
        let module = family.module(parameter.module)
        let leaf = hasOldNormNames && module.hasSuffix("LayerNorm") ? Self.oldNormNames[parameter.leaf]! : parameter.leaf
        if let layer = parameter.layer { return "\(prefix)\(family.layers).\(layer).\(module).\(leaf)" }
        let isOfHead = parameter.module == "classifier" || parameter.module == "pooler.dense" && family != .bert
        return "\(isOfHead ? "" : prefix)\(module).\(leaf)"
    }

    private static let oldNormNames = ["weight": "gamma", "bias": "beta"]
}

enum TextFamily: String {
    case bert, roberta, distilbert

    /// What stands before the number of a layer.
    var layers: String { self == .distilbert ? "transformer.layer" : "encoder.layer" }

    /// What this family calls a module of BERT.
    func module(_ module: String) -> String {
        switch self {
        case .bert: module
        case .roberta: Self.robertaModules[module] ?? module
        case .distilbert: Self.distilbertModules[module] ?? module
        }
    }

    private static let robertaModules = ["pooler.dense": "classifier.dense", "classifier": "classifier.out_proj"]
    private static let distilbertModules = [
        "attention.self.query": "attention.q_lin", "attention.self.key": "attention.k_lin",
        "attention.self.value": "attention.v_lin", "attention.output.dense": "attention.out_lin",
        "attention.output.LayerNorm": "sa_layer_norm", "intermediate.dense": "ffn.lin1", "output.dense": "ffn.lin2",
        "output.LayerNorm": "output_layer_norm", "pooler.dense": "pre_classifier",
    ]
}
