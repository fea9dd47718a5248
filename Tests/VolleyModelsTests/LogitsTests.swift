import Foundation
import Testing
import VolleyFormats
import VolleyGraph
import VolleyModels
import VolleyTensors
import VolleyTestSupport

/// Both sides compute in 32-bit floats but add in different orders, which moves logits of this size by about 1e-6. As all
/// weights, biases and tokens are random, a confused or forgotten one moves them by orders of magnitude more.
let logitsTolerance: Float = 2e-5

/// A committed checkpoint's inputs and the outputs that its own library computes from them, by name.
struct ExpectedOutputs {
    var inputs: [String: Tensor] = [:]
    var outputs: [String: Tensor] = [:]

    init(_ fixture: String) throws {
        let archive = try NpzArchive(path: Fixture.path("models/\(fixture)/expected.npz"))
        for name in archive.names {
            let tensor = try archive.array(name).tensor
            switch name {
            case "x": inputs["input"] = tensor
            case "logits", "last_hidden_state": outputs[name] = tensor
            default: inputs[name] = tensor
            }
        }
    }

    /// The shapes of the inputs, as `Model` takes them.
    var shapes: [String: [Int]] { inputs.mapValues(\.shape.dimensions) }
}

func logits(of model: Model, fixture: String) throws -> Tensor {
    let outputs = try Evaluator(model.graph).run(ExpectedOutputs(fixture).inputs)
    return try #require(outputs["logits"])
}

func expectedLogits(_ fixture: String) throws -> Tensor { try #require(try ExpectedOutputs(fixture).outputs["logits"]) }

func expectClose(_ found: Tensor, _ expected: Tensor, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let difference = Difference(found, expected)
    #expect(difference.absolute <= logitsTolerance, "\(name): \(difference)", sourceLocation: sourceLocation)
}

@Suite struct LogitsTests {
    /// Every folder of checkpoints, so that a new fixture is tested as soon as it is there.
    @Test func everyFixtureHasTheOutputsOfItsLibrary() throws {
        let folder = Fixture.path("models")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            FileManager.default.fileExists(atPath: "\(folder)/\($0)/expected.npz")
        }
        #expect(names.count >= 24)
        for name in names.sorted() {
            let expected = try ExpectedOutputs(name)
            let model = try Model(checkpoint: "\(folder)/\(name)", inputShapes: expected.shapes)
            let found = try Evaluator(model.graph).run(expected.inputs)
            #expect(found.keys.sorted() == expected.outputs.keys.sorted(), "\(name)")
            for (output, tensor) in expected.outputs { expectClose(found[output] ?? .empty, tensor, "\(name) \(output)") }
            try GraphVerifier.verify(model.graph)
        }
    }

    @Test(arguments: ["timm-vit/model.safetensors", "timm-vit-sharded/model.safetensors.index.json"])
    func weightFileInPlaceOfFolder(path: String) throws {
        let model = try Model(checkpoint: Fixture.path("models/\(path)"))
        let name = String(path.prefix { $0 != "/" })
        expectClose(try logits(of: model, fixture: name), try expectedLogits(name), name)
        #expect(model.weightFiles.count == (name == "timm-vit-sharded" ? 2 : 1))
        #expect(model.weightFiles.allSatisfy { $0.hasSuffix(".safetensors") })
    }

    /// The class token's row of positions can be added to the token itself.
    @Test func positionsOfPatchesAlone() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.changeTensors { tensors in
            let positions = tensors["pos_embed"]!
            let token = tensors["cls_token"]!.values.enumerated().map { $1 + positions.values[$0] }
            tensors["cls_token"] = Tensor([1, 1, 32], token)
            tensors["pos_embed"] = Tensor([1, 16, 32], Array(positions.values.dropFirst(32)))
        }
        let expected = try expectedLogits("timm-vit")
        expectClose(try logits(of: checkpoint.load(), fixture: "timm-vit"), expected, "from the shape")
        try checkpoint.set("model_args", "no_embed_class", to: true)
        expectClose(try logits(of: checkpoint.load(), fixture: "timm-vit"), expected, "stated")
        try checkpoint.set("model_args", "no_embed_class", to: false)
        expectModelError(.contradiction, mentioning: "pos_embed", "[1, 16, 32]", "[1, 17, 32]") { try checkpoint.load() }
    }

    @Test func olderNamesOfLayerScale() throws {
        let name = "timm-vit-layerscale"
        let checkpoint = try ChangedCheckpoint(name)
        try checkpoint.changeTensors { tensors in
            for block in 0...1 {
                for scale in 1...2 {
                    let gamma = tensors.removeValue(forKey: "blocks.\(block).ls\(scale).gamma")
                    tensors["blocks.\(block).gamma_\(scale)"] = gamma
                }
            }
        }
        expectClose(try logits(of: checkpoint.load(), fixture: name), try expectedLogits(name), name)
    }

    /// A register is a token that nothing reads out, as the distillation token is for DeiT without a teacher.
    @Test func registerTokens() throws {
        let reference = try ChangedCheckpoint("hf-deit")
        try reference.set("layer_norm_eps", to: 1e-6)
        let checkpoint = try ChangedCheckpoint("timm-vit")
        let source = try TensorArchive(folderOrFile: Fixture.path("models/hf-deit"))
        try checkpoint.changeTensors { tensors in
            tensors = [:]
            for name in source.names { tensors[Self.timmName(name)] = try? source.tensor(name) }
            for block in 0...1 {
                for leaf in ["weight", "bias"] {
                    let parts = ["query", "key", "value"].map { tensors.removeValue(forKey: "\($0).\(block).\(leaf)")! }
                    tensors["blocks.\(block).attn.qkv.\(leaf)"] = Tensor.concatenatingRows(parts)
                }
            }
        }
        for (key, value) in ["num_heads": 2, "mlp_ratio": 2.5, "num_classes": 5, "reg_tokens": 1] {
            try checkpoint.set("model_args", key, to: value)
        }
        let expected = try logits(of: reference.load(), fixture: "hf-deit")
        expectClose(try logits(of: checkpoint.load(), fixture: "hf-deit"), expected, "register")
    }

    private static func timmName(_ name: String) -> String {
        let parts = name.split(separator: ".").map(String.init)
        let leaf = parts[parts.count - 1]
        if name.contains("attention.attention") { return "\(parts[parts.count - 2]).\(parts[3]).\(leaf)" }
        let block = parts.count > 3 ? "blocks.\(parts[3])." : ""
        let modules = [
            ("layernorm_before", block + "norm1."), ("layernorm_after", block + "norm2."), ("layernorm", "norm."),
            ("attention.output", block + "attn.proj."), ("intermediate", block + "mlp.fc1."), ("output", block + "mlp.fc2."),
            ("projection", "patch_embed.proj."), ("classifier", "head."),
        ]
        if let module = modules.first(where: { name.contains($0.0) }) { return module.1 + leaf }
        let tokens = ["distillation_token": "reg_token", "position_embeddings": "pos_embed"]
        return tokens[leaf] ?? leaf
    }
}
