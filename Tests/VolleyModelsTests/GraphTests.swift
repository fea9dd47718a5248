import Testing
import VolleyGraph
import VolleyModels
import VolleyTensors
import VolleyTestSupport

@Suite struct GraphTests {
    private func graph(_ name: String) throws -> Graph { try Model(checkpoint: Fixture.path("models/\(name)")).graph }

    private func sites(_ graph: Graph) -> [String: String] {
        Dictionary(uniqueKeysWithValues: graph.siteNames.map { ($1, graph[$0].name) })
    }

    @Test(arguments: ["timm-vit", "hf-vit"])
    func neuronSites(name: String) throws {
        var expected = ["head.in": "pool"]
        for block in ["blocks.0", "blocks.1"] {
            expected["\(block).attn.qkv.in"] = "\(block).norm1"
            for letter in ["q", "k", "v"] { expected["\(block).attn.\(letter)"] = "\(block).attn.\(letter).heads" }
            expected["\(block).attn.s"] = "\(block).attn.softmax"
            expected["\(block).attn.proj.in"] = "\(block).attn.context.merged"
            expected["\(block).mlp.fc1.in"] = "\(block).norm2"
            expected["\(block).mlp.fc2.in"] = "\(block).mlp.act"
        }
        #expect(sites(try graph(name)) == expected)
    }

    @Test func siteNamesAreNoNodeNames() throws {
        for name in ["timm-vit", "timm-vit-avg", "timm-deit-distilled", "hf-deit-teacher"] {
            let graph = try graph(name)
            for site in graph.siteNames.values { #expect(graph.node(named: site) == nil, "\(name): \(site)") }
        }
    }

    @Test func bothLayoutsHaveTheSameNodes() throws {
        #expect(try graph("timm-vit").nodes.map(\.name) == graph("hf-vit").nodes.map(\.name))
        #expect(try graph("timm-deit-distilled").nodes.map(\.name) == graph("hf-deit-teacher").nodes.map(\.name))
    }

    @Test func shapesAndOrderOfAttention() throws {
        let graph = try graph("timm-vit")
        func node(_ name: String) throws -> Node { graph[try #require(graph.node(named: name), "\(name)")] }
        func shape(_ name: String) throws -> String { try node(name).shape.description }
        func inputs(_ name: String) throws -> [String] { try node(name).inputs.map { graph[$0].name } }
        #expect(try shape("input") == "[N, 3, 16, 16]")
        #expect(try shape("patch_embed.proj") == "[N, 32, 4, 4]")
        #expect(try shape("pos_embed.add") == "[N, 17, 32]")
        #expect(try shape("blocks.0.attn.q.heads") == "[N, 4, 17, 8]")
        #expect(try shape("blocks.0.attn.k.heads") == "[N, 4, 8, 17]")
        #expect(try shape("blocks.0.attn.v.heads") == "[N, 4, 17, 8]")
        #expect(try shape("blocks.0.attn.softmax") == "[N, 4, 17, 17]")
        #expect(try inputs("blocks.0.attn.scale") == ["blocks.0.attn.scores", "blocks.0.attn.scale.factor"])
        #expect(try inputs("blocks.0.attn.softmax") == ["blocks.0.attn.scale"])
        #expect(try inputs("blocks.0.attn.context") == ["blocks.0.attn.softmax", "blocks.0.attn.v.heads"])
        let k = "blocks.1.attn.qkv.k"
        #expect(try inputs(k) == ["blocks.1.norm1", "\(k).weight", "\(k).bias"])
        #expect(try inputs("head") == ["pool", "head.weight", "head.bias"])
        #expect(graph.outputs.map(\.name) == ["logits"])
        let factor = graph[try #require(graph.node(named: "blocks.0.attn.scale.factor"))].constant
        #expect(factor?.values == [Float(8).squareRoot() / 8])
    }

    @Test func linearLayersWithoutBias() throws {
        let graph = try graph("timm-vit-noqkvbias")
        let q = try #require(graph.node(named: "blocks.0.attn.qkv.q"))
        #expect(graph[q].inputs.count == 2)
    }

    @Test func noParameterIsLostOrDoubled() throws {
        // The attention's scale, a scalar in every block, is not a parameter.
        let graph = try graph("timm-vit")
        let weights = 32 * 48 + 32 + 32 + 17 * 32 + 2 * (4 * 32 + 96 * 33 + 32 * 33 + 96 * 33 + 32 * 97) + 64 + 6 * 33
        #expect(graph.parameterCount == weights)
    }

    @Test func linesForPeople() throws {
        func line(_ name: String) throws -> String { try Model(checkpoint: Fixture.path("models/\(name)")).architecture }
        #expect(try line("timm-vit") == "timm VisionTransformer, 2 blocks, width 32, 4 heads, patch 4, 16×16 px")
        #expect(
            try line("timm-deit-distilled")
                == "timm VisionTransformerDistilled, 2 blocks, width 32, 4 heads, patch 4, 16×16 px")
        #expect(
            try line("hf-deit-teacher")
                == "Hugging Face DeiTForImageClassificationWithTeacher, 2 blocks, width 32, 4 heads, patch 4, 16×16 px")
    }

    @Test func classNames() throws {
        #expect(try Model(checkpoint: Fixture.path("models/hf-vit")).classNames == (0..<6).map { "kind \($0)" })
        #expect(try Model(checkpoint: Fixture.path("models/timm-vit")).classNames == nil)
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.set("label_names", to: ["a", "b", "c", "d", "e", "f"])
        #expect(try checkpoint.load().classNames == ["a", "b", "c", "d", "e", "f"])
        try checkpoint.set("label_names", to: ["a", "b"])
        expectModelError(.contradiction, mentioning: "label_names", "2 names", "6 classes") { try checkpoint.load() }
        let labelled = try ChangedCheckpoint("hf-vit")
        try labelled.set("id2label", "5", to: nil)
        expectModelError(.contradiction, mentioning: "id2label", "5 entries") { try labelled.load() }
        try labelled.set("id2label", to: nil)
        #expect(try labelled.load().classNames == nil)
    }
}
