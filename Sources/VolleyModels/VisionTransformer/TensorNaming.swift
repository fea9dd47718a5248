/// How a program names the parameters of a Vision Transformer in its files.
enum TensorNaming {
    case timm(TimmNaming)
    /// - Parameters:
    ///   - model: "vit" or "deit".
    ///   - classifier: the module that reads the class token.
    case huggingFace(model: String, classifier: String)

    func stored(_ parameter: Parameter) -> [StoredParameter] {
        switch self {
        case .timm(let naming): naming.stored(parameter)
        case .huggingFace(let model, let classifier): Self.huggingFace(parameter, model: model, classifier: classifier)
        }
    }

    private static func huggingFace(_ parameter: Parameter, model: String, classifier: String) -> [StoredParameter] {
        let layer = parameter.block.map { "\(model).encoder.layer.\($0)." } ?? ""
        guard parameter.parts.isEmpty else {
            let words = ["q": "query", "k": "key", "v": "value"]
            return parameter.separate { "\(layer)attention.attention.\(words[$0]!)\(parameter.suffix)" }
        }
        let module = huggingFaceModule(of: parameter.module, model: model, classifier: classifier)
        return [parameter.whole(layer + module + parameter.suffix)]
    }

    private static func huggingFaceModule(of module: String, model: String, classifier: String) -> String {
        switch module {
        case "patch_embed.proj": "\(model).embeddings.patch_embeddings.projection"
        case "cls_token": "\(model).embeddings.cls_token"
        case "dist_token": "\(model).embeddings.distillation_token"
        case "pos_embed": "\(model).embeddings.position_embeddings"
        case "norm1": "layernorm_before"
        case "attn.proj": "attention.output.dense"
        case "norm2": "layernorm_after"
        case "mlp.fc1": "intermediate.dense"
        case "mlp.fc2": "output.dense"
        case "norm": "\(model).layernorm"
        case "head": classifier
        case "head_dist": "distillation_classifier"
        default: preconditionFailure("no Hugging Face network has '\(module)'")
        }
    }
}

extension Parameter {
    func whole(_ tensor: String) -> StoredParameter {
        StoredParameter(tensor: tensor, shape: shape, names: [name])
    }

    /// A tensor for each part.
    func separate(named tensor: (String) -> String) -> [StoredParameter] {
        parts.map { StoredParameter(tensor: tensor($0), shape: shape, names: [name(of: $0)]) }
    }

    /// One tensor for all parts.
    func fused(_ reason: String) -> StoredParameter {
        let rows = Size(parts.count * shape[0].value, "\(reason) and \(shape[0].origin)")
        return StoredParameter(tensor: name, shape: [rows] + shape.dropFirst(), names: parts.map(name(of:)))
    }
}
