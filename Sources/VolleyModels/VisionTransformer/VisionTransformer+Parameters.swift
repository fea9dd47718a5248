/// A trained array of a Vision Transformer, named as in timm.
struct Parameter {
    /// The block it belongs to, if any.
    var block: Int?
    /// Such as "mlp.fc1" in a block, or "patch_embed.proj". "attn.qkv" stands for three alike.
    var module: String
    /// "weight", "bias" or "gamma"; empty where the module is itself the array, such as "cls_token".
    var leaf: String
    var shape: [Size]

    var name: String {
        (block.map { "blocks.\($0)." } ?? "") + module + (leaf.isEmpty ? "" : "." + leaf)
    }
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
        let all =
            norm("norm1") + linear("attn.qkv", outputs: width, inputs: width, hasBias: hasQKVBias)
            + linear("attn.proj", outputs: width, inputs: width, hasBias: hasProjectionBias) + scale("ls1")
            + norm("norm2") + linear("mlp.fc1", outputs: hidden, inputs: width, hasBias: hasProjectionBias)
            + linear("mlp.fc2", outputs: width, inputs: hidden, hasBias: hasProjectionBias) + scale("ls2")
        return all.map { Parameter(block: block, module: $0.module, leaf: $0.leaf, shape: $0.shape) }
    }

    private func norm(_ module: String) -> [Parameter] {
        ["weight", "bias"].map { Parameter(module: module, leaf: $0, shape: [width]) }
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
