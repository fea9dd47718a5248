/// A trained array of a Vision Transformer, named as in timm.
struct Parameter {
    /// The block it belongs to, if any.
    var block: Int?
    /// Such as "mlp.fc1" in a block, or "patch_embed.proj".
    var module: String
    /// "weight", "bias" or "gamma"; empty where the module is itself the array, such as "cls_token".
    var leaf: String
    var shape: [Size]
    /// Letters of several arrays alike for which this one stands: "q", "k" and "v" of "attn.qkv", "g" and "x" of a gated
    /// "mlp.fc1". Empty where it stands for itself.
    var parts: [String] = []

    /// The constant that it becomes.
    var name: String { blockPrefix + module + suffix }

    /// The constant that one of its parts becomes: "attn.qkv.q.weight", "mlp.fc1_g.weight".
    func name(of part: String) -> String {
        blockPrefix + module + (module == "attn.qkv" ? "." : "_") + part + suffix
    }

    var blockPrefix: String { block.map { "blocks.\($0)." } ?? "" }
    var suffix: String { leaf.isEmpty ? "" : "." + leaf }
}

extension VisionTransformer {
    /// Everything that was trained, in order of use.
    var parameters: [Parameter] {
        var all = [
            Parameter(
                module: "patch_embed.proj", leaf: "weight", shape: [width, channels, patch.height, patch.width])
        ]
        if hasPatchBias { all.append(Parameter(module: "patch_embed.proj", leaf: "bias", shape: [width])) }
        for tokens in prefix { all.append(Parameter(module: tokens.name, leaf: "", shape: [.single, tokens.count, width])) }
        all.append(Parameter(module: "pos_embed", leaf: "", shape: [.single, positions, width]))
        if hasPreNorm { all += norm("norm_pre") }
        for block in 0..<depth { all += parameters(ofBlock: block) }
        all += norm(normalizesAfterPooling ? "fc_norm" : "norm")
        all += linear("head", outputs: classes, inputs: width, hasBias: true)
        if readout == .classAndDistillationTokens {
            all += linear("head_dist", outputs: classes, inputs: width, hasBias: true)
        }
        return all
    }

    private func parameters(ofBlock block: Int) -> [Parameter] {
        let scale = { (module: String) in
            hasLayerScale ? [Parameter(module: module, leaf: "gamma", shape: [width])] : []
        }
        let attention =
            norm("norm1") + qkv + (hasAttentionNorm ? norm("attn.norm") : [])
            + linear("attn.proj", outputs: width, inputs: width, hasBias: hasProjectionBias) + scale("ls1")
        let perceptron =
            norm("norm2") + first + (hasHiddenNorm ? norm("mlp.norm", of: hidden) : [])
            + linear("mlp.fc2", outputs: width, inputs: hidden, hasBias: hasProjectionBias) + scale("ls2")
        return (attention + perceptron).map {
            Parameter(block: block, module: $0.module, leaf: $0.leaf, shape: $0.shape, parts: $0.parts)
        }
    }

    private var qkv: [Parameter] {
        var parameters = linear("attn.qkv", outputs: width, inputs: width, hasBias: qkvBias != .none)
        for index in parameters.indices { parameters[index].parts = ["q", "k", "v"] }
        if qkvBias == .queriesAndValues { parameters[1].parts = ["q", "v"] }
        return parameters
    }

    private var first: [Parameter] {
        var parameters = linear("mlp.fc1", outputs: hidden, inputs: width, hasBias: hasProjectionBias)
        if hasGate { for index in parameters.indices { parameters[index].parts = ["g", "x"] } }
        return parameters
    }

    private func norm(_ module: String, of features: Size? = nil) -> [Parameter] {
        ["weight", "bias"].map { Parameter(module: module, leaf: $0, shape: [features ?? width]) }
    }

    private func linear(_ module: String, outputs: Size, inputs: Size, hasBias: Bool) -> [Parameter] {
        let weight = Parameter(module: module, leaf: "weight", shape: [outputs, inputs])
        return hasBias ? [weight, Parameter(module: module, leaf: "bias", shape: [outputs])] : [weight]
    }

    private var positions: Size {
        let reasons = [image.height, image.width, patch.height, patch.width].reasons
        let added = positionsIncludePrefix && prefixCount > 0 ? " and there are \(prefixCount) more tokens" : ""
        return Size(
            positionsIncludePrefix ? tokenCount : patchCount,
            "there are \(patchCount) patches (\(reasons))\(added)")
    }
}
