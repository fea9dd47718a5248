import VolleyGraph

/// A class of Hugging Face Transformers whose checkpoints are read as text encoders.
struct HuggingFaceTextArchitecture {
    let name: String
    let family: TextFamily
    /// Whether it makes logits of the first token.
    let isClassifier: Bool

    private static let classes: [(family: TextFamily, model: String, others: [String])] = [
        (.bert, "Bert", ["MaskedLM", "PreTraining"]), (.roberta, "Roberta", ["MaskedLM"]),
        (.distilbert, "DistilBert", ["MaskedLM"]),
    ]

    /// The names of all that are read.
    static let names = classes.flatMap { entry in
        ["\(entry.model)Model", "\(entry.model)ForSequenceClassification"] + entry.others.map { "\(entry.model)For\($0)" }
    }

    init?(name: String) {
        guard Self.names.contains(name), let entry = Self.classes.first(where: { name.hasPrefix($0.model) }) else { return nil }
        self.name = name
        family = entry.family
        isClassifier = name.hasSuffix("ForSequenceClassification")
    }

    /// How names of tensors begin that no output needs, behind the prefix of the encoder or without one: heads of training, a
    /// pooler that nothing reads, and buffers that count 0, 1, 2, ….
    var unused: [String] {
        let buffers = ["embeddings.position_ids", "embeddings.token_type_ids"]
        return switch family {
        case .bert: buffers + ["cls."] + (isClassifier ? [] : ["pooler."])
        case .roberta: buffers + ["lm_head.", "pooler."]
        case .distilbert: buffers + ["vocab_transform.", "vocab_layer_norm.", "vocab_projector."]
        }
    }

    /// What this family calls a key of BERT's configuration.
    func key(_ key: String) -> String {
        guard family == .distilbert else { return key }
        let others = [
            "hidden_size": "dim", "num_hidden_layers": "n_layers", "num_attention_heads": "n_heads",
            "intermediate_size": "hidden_dim", "hidden_act": "activation",
        ]
        return others[key] ?? key
    }

    /// What stands before the classifier.
    var poolerActivation: UnaryFunction { family == .distilbert ? .relu : .tanh }
}
