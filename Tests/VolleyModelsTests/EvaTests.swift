import Foundation
import Testing
import VolleyGraph
import VolleyModels
import VolleyTensors
import VolleyTestSupport

@Suite struct EvaTests {
    private func node(_ name: String, of model: Model) throws -> Node {
        model.graph[try #require(model.graph.node(named: name), "\(name)")]
    }

    private func model(_ name: String) throws -> Model { try Model(checkpoint: Fixture.path("models/\(name)")) }

    @Test func neuronSites() throws {
        let graph = try model("timm-eva02-clip").graph
        let sites = Dictionary(uniqueKeysWithValues: graph.siteNames.map { ($1, graph[$0].name) })
        var expected = ["head.in": "pool"]
        for block in ["blocks.0", "blocks.1"] {
            expected["\(block).attn.qkv.in"] = "\(block).norm1"
            for letter in ["q", "k", "v"] { expected["\(block).attn.\(letter)"] = "\(block).attn.\(letter).heads" }
            expected["\(block).attn.s"] = "\(block).attn.softmax"
            expected["\(block).attn.proj.in"] = "\(block).attn.norm"
            expected["\(block).mlp.fc1.in"] = "\(block).norm2"
            expected["\(block).mlp.g"] = "\(block).mlp.act"
            expected["\(block).mlp.x"] = "\(block).mlp.fc1_x"
            expected["\(block).mlp.fc2.in"] = "\(block).mlp.norm"
        }
        #expect(sites == expected)
        for site in sites.keys { #expect(graph.node(named: site) == nil, "\(site)") }
    }

    /// Nothing but the input of a product decides where neurons stand: the rotation adds no layer of its own.
    @Test func onlyProductsAndLayersHaveSynapses() throws {
        let graph = try model("timm-eva02").graph
        let computed = graph.nodes.map { $0.constant == nil }
        let layers = graph.nodes.filter { node in
            node.operation.map { !$0.operation.synapticInputs(timeVarying: node.inputs.map { computed[$0] }).isEmpty } ?? false
        }
        // Per block: q, k, v, scores, context, proj, fc1_g, fc1_x, gated, fc2.
        #expect(layers.count == 2 + 2 * 10)
    }

    @Test func sharesNodesAcrossWaysOfStoring() throws {
        let name = "timm-eva02"
        let checkpoint = try ChangedCheckpoint(name)
        try checkpoint.changeTensors { tensors in
            for block in ["blocks.0", "blocks.1"] {
                let qkv = tensors.removeValue(forKey: "\(block).attn.qkv.weight")!
                for (part, letter) in ["q", "k", "v"].enumerated() {
                    tensors["\(block).attn.\(letter)_proj.weight"] = qkv.rows(part * 32..<part * 32 + 32)
                    tensors["\(block).attn.\(letter)_proj.bias"] = tensors.removeValue(forKey: "\(block).attn.\(letter)_bias")
                }
                for leaf in ["weight", "bias"] {
                    let fused = tensors.removeValue(forKey: "\(block).mlp.fc1.\(leaf)")!
                    for (part, letter) in ["g", "x"].enumerated() {
                        tensors["\(block).mlp.fc1_\(letter).\(leaf)"] = fused.rows(part * 73..<part * 73 + 73)
                    }
                }
            }
        }
        try checkpoint.set("model_args", "qkv_fused", to: false)
        let changed = try checkpoint.load()
        expectClose(try logits(of: changed, fixture: name), try expectedLogits(name), name)
        #expect(changed.graph == (try model(name).graph))
    }

    @Test func anglesOfRotation() throws {
        let model = try model("timm-eva02")
        let cosine = try #require(try node("rope.cos", of: model).constant)
        let sine = try #require(try node("rope.sin", of: model).constant)
        #expect(cosine.shape == [17, 1, 16])
        #expect(cosine.values[..<16].allSatisfy { $0 == 1 } && sine.values[..<16].allSatisfy { $0 == 0 })
        // Row 1, column 2 of 4 × 4 patches lies at 4 and 8 on the grid of 16 × 16; frequencies are 1, 0.1, 0.01, 0.001.
        let token = 1 + 1 * 4 + 2
        let angles: [Float] = [4, 4, 0.4, 0.4, 0.04, 0.04, 0.004, 0.004, 8, 8, 0.8, 0.8, 0.08, 0.08, 0.008, 0.008]
        for (feature, angle) in angles.enumerated() {
            let sign: Float = feature % 2 == 0 ? -1 : 1
            #expect(abs(cosine[token, 0, feature] - cos(angle)) < 1e-6, "\(feature)")
            #expect(abs(sine[token, 0, feature] - sign * sin(angle)) < 1e-6, "\(feature)")
        }
    }

    @Test func gridOfPretrainingThatIsNotStated() throws {
        let checkpoint = try ChangedCheckpoint("timm-eva02")
        let texts = try checkpoint.load().diagnostics.map(\.message)
        #expect(texts.count == 1 && texts[0].contains("ref_feat_shape") && texts[0].contains("16×16"))
        try checkpoint.set("model_args", "ref_feat_shape", to: [16, 16])
        #expect(try checkpoint.load().diagnostics.isEmpty)
        // Stated as null, places are counted on the network's own grid.
        try checkpoint.set("model_args", "ref_feat_shape", to: NSNull())
        let sine = try #require(try node("rope.sin", of: checkpoint.load()).constant)
        #expect(abs(sine[1 + 4, 0, 1] - sin(1)) < 1e-6)
    }

    /// Published checkpoints state no arguments; names and tensors say all but the heads.
    @Test(arguments: [
        ("timm-eva-giant", "eva_giant_patch14_224", "2 heads"), ("timm-eva02-scale-mlp", "eva02_base_patch14_448", "2 heads"),
        ("timm-eva02-clip", "eva02_base_patch16_clip_224", "2 heads"),
        ("timm-eva02-postnorm", "eva02_enormous_patch14_clip_224", "16 heads"),
    ])
    func publishedConfigurationWithoutArguments(fixture: String, architecture: String, heads: String) throws {
        let checkpoint = try ChangedCheckpoint(fixture)
        let small = try checkpoint.load()
        try checkpoint.set("model_args", to: nil)
        try checkpoint.changeTensors { tensors in
            for (name, tensor) in tensors {
                let shape = Shape(tensor.shape.dimensions.map { $0 % 32 == 0 ? 4 * $0 : $0 })
                tensors[name] = Tensor(shape, repeating: 0.01)
            }
        }
        let model = try checkpoint.load()
        #expect(model.architecture == "timm Eva, 2 blocks, width 128, \(heads), patch 4, 16×16 px")
        #expect(model.diagnostics.contains { $0.message.contains(heads) })
        #expect(model.graph.nodes.map(\.name) == small.graph.nodes.map(\.name))
        #expect(try node("blocks.0.norm1", of: model).operation == .layerNormalization(.init(epsilon: 1e-6)))
    }

    @Test func largeEvaIsAVisionTransformer() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit-avg")
        try checkpoint.set("architecture", to: "eva_large_patch14_196")
        let model = try checkpoint.load()
        #expect(model.architecture.hasPrefix("timm VisionTransformer, "))
        expectClose(try logits(of: model, fixture: "timm-vit-avg"), try expectedLogits("timm-vit-avg"), "eva_large")
    }

    @Test(
        arguments: [
            ("rope_type", "mixed"), ("rope_grid_indexing", "xy"), ("rope_grid_offset", 0.5), ("rope_rotate_half", true),
            ("attn_type", "rope"), ("attn_only_layer_scale", true), ("use_abs_pos_emb", false), ("qk_norm", true),
            ("num_kv_heads", 1), ("norm_layer", "rmsnorm"),
        ] as [(String, any Sendable)])
    func argumentsThatAreRefused(key: String, value: any Sendable) throws {
        let checkpoint = try ChangedCheckpoint("timm-eva02")
        try checkpoint.set("model_args", key, to: value)
        expectModelError(.unsupported, mentioning: "model_args.\(key)") { try checkpoint.load() }
    }

    @Test func sizesThatContradictTheTensors() throws {
        let checkpoint = try ChangedCheckpoint("timm-eva02-wide")
        try checkpoint.set("model_args", "swiglu_align_to", to: 16)
        // ⌊32 · 2.3⌋ = 73 units become 80 either way.
        _ = try checkpoint.load()
        try checkpoint.set("model_args", "swiglu_align_to", to: 7)
        expectModelError(.contradiction, mentioning: "model_args.mlp_ratio is 2.3", "blocks.0.mlp.fc1_g.weight") {
            try checkpoint.load()
        }
        let rotary = try ChangedCheckpoint("timm-eva02")
        try rotary.set("model_args", "num_heads", to: 16)
        expectModelError(.contradiction, mentioning: "multiple of 4", "num_heads is 16") { try rotary.load() }
        try rotary.set("model_args", "num_heads", to: 2)
        try rotary.changeTensors { $0["blocks.1.mlp.fc1.weight"] = Tensor([73, 32]) }
        expectModelError(.contradiction, mentioning: "[73, 32]", "[146, 32]", "the gate lies above") { try rotary.load() }
    }

    @Test func missingAndUnknownTensors() throws {
        let checkpoint = try ChangedCheckpoint("timm-eva02-scale-mlp")
        try checkpoint.changeTensors {
            $0["blocks.1.attn.v_proj.bias"] = nil
            $0["blocks.1.mlp.norm.weight"] = nil
            $0["blocks.1.attn.k_proj.bias"] = Tensor([32])
        }
        expectModelError(
            .missingTensors, mentioning: "2 tensors are missing", "blocks.1.attn.v_proj.bias", "blocks.1.mlp.norm.weight",
            "blocks.1.attn.k_proj.bias"
        ) { try checkpoint.load() }
        let mixed = try ChangedCheckpoint("timm-eva02")
        try mixed.changeTensors { $0["rope.freqs"] = Tensor([2, 2, 8]) }
        expectModelError(.unsupported, mentioning: "rope.freqs") { try mixed.load() }
    }
}
