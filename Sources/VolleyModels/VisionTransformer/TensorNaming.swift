/// A tensor of a weight file and what becomes of it.
struct StoredParameter {
    /// Its name in the file.
    var tensor: String
    var shape: [Size]
    /// The constants that it becomes: itself, or parts with equal numbers of rows, one below the other.
    var names: [String]
}

/// How a program names the parameters of a Vision Transformer in its files.
enum TensorNaming {
    /// - Parameter layerScale: the names of the two LayerScale vectors of a block, by parameter module.
    case timm(layerScale: [String: String])
    /// - Parameters:
    ///   - model: "vit" or "deit".
    ///   - classifier: the module that reads the class token.
    case huggingFace(model: String, classifier: String)

    func stored(_ parameter: Parameter) -> [StoredParameter] {
        let block = parameter.block.map { "blocks.\($0)." } ?? ""
        let leaf = parameter.leaf.isEmpty ? "" : "." + parameter.leaf
        let isProjection = parameter.module == "attn.qkv"
        switch self {
        case .timm(let layerScale):
            guard isProjection else {
                let tensor = layerScale[parameter.module].map { block + $0 } ?? parameter.name
                return [StoredParameter(tensor: tensor, shape: parameter.shape, names: [parameter.name])]
            }
            let rows = parameter.shape[0]
            let fused = Size(3 * rows.value, "q, k and v lie one below the other and \(rows.origin)")
            let parts = ["q", "k", "v"].map { "\(block)attn.qkv.\($0)\(leaf)" }
            return [
                StoredParameter(
                    tensor: parameter.name, shape: [fused] + parameter.shape.dropFirst(), names: parts)
            ]
        case .huggingFace(let model, let classifier):
            let layer = parameter.block.map { "\(model).encoder.layer.\($0)." } ?? ""
            guard isProjection else {
                let module = Self.huggingFaceModule(of: parameter.module, model: model, classifier: classifier)
                return [StoredParameter(tensor: layer + module + leaf, shape: parameter.shape, names: [parameter.name])]
            }
            return [("q", "query"), ("k", "key"), ("v", "value")].map { letter, word in
                StoredParameter(
                    tensor: "\(layer)attention.attention.\(word)\(leaf)", shape: parameter.shape,
                    names: ["\(block)attn.qkv.\(letter)\(leaf)"])
            }
        }
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
