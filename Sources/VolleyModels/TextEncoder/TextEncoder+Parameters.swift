/// A trained array of a text encoder, named as in the BERT of Hugging Face.
struct TextParameter {
    /// The layer it belongs to, if any.
    var layer: Int?
    /// Such as "output.dense" in a layer, or "embeddings.LayerNorm".
    var module: String
    /// "weight" or "bias".
    var leaf: String
    var shape: [Size]

    /// The constant that it becomes.
    var name: String { (layer.map { "encoder.layer.\($0)." } ?? "") + "\(module).\(leaf)" }
}

extension TextEncoder {
    /// Everything that was trained and that an output needs, in order of use.
    var parameters: [TextParameter] {
        let embeddings =
            [embedding("word", rows: vocabulary), embedding("position", rows: positions)]
            + (types.map { [embedding("token_type", rows: $0)] } ?? []) + norm("embeddings.LayerNorm")
        let layers = (0..<depth).flatMap { layer in
            parametersOfLayer.map { TextParameter(layer: layer, module: $0.module, leaf: $0.leaf, shape: $0.shape) }
        }
        let head = classifier.map {
            linear("pooler.dense", outputs: width, inputs: width) + linear("classifier", outputs: $0.classes, inputs: width)
        }
        return embeddings + layers + (head ?? [])
    }

    private var parametersOfLayer: [TextParameter] {
        ["query", "key", "value"].flatMap { linear("attention.self.\($0)", outputs: width, inputs: width) }
            + linear("attention.output.dense", outputs: width, inputs: width) + norm("attention.output.LayerNorm")
            + linear("intermediate.dense", outputs: hidden, inputs: width)
            + linear("output.dense", outputs: width, inputs: hidden) + norm("output.LayerNorm")
    }

    private func embedding(_ kind: String, rows: Size) -> TextParameter {
        TextParameter(module: "embeddings.\(kind)_embeddings", leaf: "weight", shape: [rows, width])
    }

    private func norm(_ module: String) -> [TextParameter] {
        ["weight", "bias"].map { TextParameter(module: module, leaf: $0, shape: [width]) }
    }

    private func linear(_ module: String, outputs: Size, inputs: Size) -> [TextParameter] {
        [
            TextParameter(module: module, leaf: "weight", shape: [outputs, inputs]),
            TextParameter(module: module, leaf: "bias", shape: [outputs]),
        ]
    }
}
