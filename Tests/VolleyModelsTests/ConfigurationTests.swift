import Foundation
import Testing
import VolleyGraph
import VolleyModels
import VolleyTensors
import VolleyTestSupport

@Suite struct ConfigurationTests {
    @Test(arguments: [
        "", "{", "[]", "5", "{\"architecture\": }", "{\"architecture\": \"vit_tiny\"} x", "\u{0}", "{\"a\": NaN}",
        String(repeating: "[", count: 100_000),
        "{\"a\":" + String(repeating: "[", count: 400) + String(repeating: "]", count: 400) + "}",
    ])
    func malformedText(text: String) throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        _ = try checkpoint.directory.write(Array(text.utf8), to: "config.json")
        expectModelError(.malformedConfiguration, mentioning: "config.json") { try checkpoint.load() }
    }

    @Test(arguments: ["resnet50", "vit_small_patch16_rope_224", "vit_base_patch16_siglip_224", "vit_relpos_base_patch16"])
    func unknownTimmArchitecture(name: String) throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.set("architecture", to: name)
        expectModelError(.unknownArchitecture, mentioning: name, "vit_*", "DeiTForImageClassification", "ONNX") {
            try checkpoint.load()
        }
    }

    @Test func unknownHuggingFaceArchitecture() throws {
        let checkpoint = try ChangedCheckpoint("hf-vit")
        try checkpoint.set("architectures", to: ["ViTModel"])
        expectModelError(.unknownArchitecture, mentioning: "ViTModel", "ViTForImageClassification", "vit_*") {
            try checkpoint.load()
        }
        try checkpoint.set("architectures", to: nil)
        expectModelError(.missingKey, mentioning: "architectures", "Supported are") { try checkpoint.load() }
    }

    @Test func missingNumberOfHeads() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.set("model_args", "num_heads", to: nil)
        expectModelError(.missingKey, mentioning: "model_args.num_heads") { try checkpoint.load() }
    }

    /// Published checkpoints state no arguments: everything but the heads follows from the tensors.
    @Test func publishedConfigurationWithoutArguments() throws {
        let checkpoint = try widened()
        let model = try checkpoint.load()
        #expect(model.architecture == "timm VisionTransformer, 2 blocks, width 128, 2 heads, patch 4, 16×16 px")
        #expect(model.diagnostics.count == 1)
        #expect(model.diagnostics.first?.message.contains("2 heads") == true)
    }

    /// A checkpoint with tokens of 128 numbers and no arguments.
    private func widened() throws -> ChangedCheckpoint {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.set("model_args", to: nil)
        try checkpoint.changeTensors { tensors in
            for (name, tensor) in tensors {
                tensors[name] = Tensor(
                    Shape(tensor.shape.dimensions.map { $0 % 32 == 0 ? 4 * $0 : $0 }), repeating: 0.01)
            }
        }
        return checkpoint
    }

    @Test func unsupportedPartsAreListedAtOnce() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.set("model_args", "qk_norm", to: true)
        try checkpoint.set("model_args", "norm_layer", to: "rmsnorm")
        try checkpoint.set("model_args", "scale_mlp_norm", to: false)
        try checkpoint.changeTensors { $0["blocks.0.attn.q_norm.weight"] = Tensor([8]) }
        expectModelError(
            .unsupported, mentioning: "model_args.qk_norm = true", "model_args.norm_layer = \"rmsnorm\"",
            "normalised queries", "blocks.0.attn.q_norm.weight"
        ) { try checkpoint.load() }
        for (key, value) in [("qk_norm", nil), ("norm_layer", nil)] as [(String, Any?)] {
            try checkpoint.set("model_args", key, to: value)
        }
        expectModelError(.unsupported, mentioning: "normalised queries") { try checkpoint.load() }
    }

    @Test(arguments: ["avgmax", "max", "map", ""])
    func unsupportedPooling(pool: String) throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.set("model_args", "global_pool", to: pool)
        expectModelError(.unsupported, mentioning: "model_args.global_pool") { try checkpoint.load() }
    }

    @Test(
        arguments: [
            ("embed_dim", "wide"), ("embed_dim", 0), ("embed_dim", -3), ("embed_dim", 1e300), ("depth", 4_000_000_000),
            ("patch_size", [1, 2, 3]), ("patch_size", 0), ("mlp_ratio", -1), ("mlp_ratio", 1e300), ("qkv_bias", 1),
            ("act_layer", "mish"), ("img_size", [16]), ("num_heads", 2.5),
        ] as [(String, any Sendable)])
    func valuesThatMakeNoSense(key: String, value: any Sendable) throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.set("model_args", key, to: value)
        expectModelError(.badValue, mentioning: "model_args.\(key)") { try checkpoint.load() }
    }

    @Test func activations() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        let functions: [(String, UnaryFunction)] = [
            ("gelu_tanh", .geluTanh), ("relu", .relu), ("silu", .silu), ("quick_gelu", .quickGELU),
        ]
        for (name, function) in functions {
            try checkpoint.set("model_args", "act_layer", to: name)
            let graph = try checkpoint.load().graph
            let node = graph[try #require(graph.node(named: "blocks.1.mlp.act"))]
            #expect(node.operation == .activation(.init(function)))
        }
        let other = try ChangedCheckpoint("hf-vit")
        try other.set("hidden_act", to: "mish")
        expectModelError(.badValue, mentioning: "hidden_act", "mish", "quick_gelu") { try other.load() }
    }

    @Test func epsilonAndActivationFollowTheName() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.set("architecture", to: "vit_base_patch32_clip_quickgelu_224")
        let graph = try checkpoint.load().graph
        let norm = graph[try #require(graph.node(named: "blocks.0.norm1"))]
        #expect(norm.operation == .layerNormalization(.init(epsilon: 1e-5)))
        let activation = graph[try #require(graph.node(named: "blocks.0.mlp.act"))]
        #expect(activation.operation == .activation(.init(.quickGELU)))
    }

    @Test func assumptionsOfHuggingFaceAreSaid() throws {
        let checkpoint = try ChangedCheckpoint("hf-vit")
        try checkpoint.set("layer_norm_eps", to: nil)
        let model = try checkpoint.load()
        #expect(model.diagnostics.map(\.message).contains { $0.contains("layer_norm_eps") && $0.contains("1e-12") })
    }
}
