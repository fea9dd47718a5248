import Foundation
import Testing
import VolleyFormats
import VolleyModels
import VolleyTensors
import VolleyTestSupport

@Suite struct DamagedCheckpointTests {
    @Test(
        arguments: [
            ("embed_dim", 48, "model_args.embed_dim is 48", "patch_embed.proj.weight"),
            ("num_classes", 7, "model_args.num_classes is 7", "head.weight"),
            ("mlp_ratio", 4, "model_args.mlp_ratio is 4", "blocks.1.mlp.fc2.weight"),
            ("patch_size", 8, "model_args.patch_size is 8", "pos_embed"),
            ("img_size", 32, "model_args.img_size is 32", "pos_embed"),
            ("in_chans", 1, "model_args.in_chans is 1", "patch_embed.proj.weight"),
            ("depth", 3, "model_args.depth is 3", "2 blocks"),
            ("num_heads", 5, "model_args.num_heads is 5", "not a multiple"),
        ] as [(String, Int, String, String)])
    func configurationThatContradictsTheTensors(key: String, value: Int, stated: String, found: String) throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        // One value per channel fits no other number of channels either.
        try checkpoint.set("pretrained_cfg", "mean", to: [0.5])
        try checkpoint.set("pretrained_cfg", "std", to: [0.5])
        try checkpoint.set("model_args", key, to: value)
        expectModelError(.contradiction, mentioning: stated, found) { try checkpoint.load() }
    }

    @Test func shapeThatContradictsTheConfiguration() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.changeTensors { $0["blocks.1.norm2.bias"] = Tensor([31]) }
        let text = "\"blocks.1.norm2.bias\" has the shape [31], expected [32] because model_args.embed_dim is 32"
        expectModelError(.contradiction, mentioning: text) { try checkpoint.load() }
    }

    @Test func missingTensorsAreListedAtOnce() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.changeTensors {
            $0["blocks.1.mlp.fc1.weight"] = nil
            $0["norm.bias"] = nil
        }
        expectModelError(.missingTensors, mentioning: "2 tensors", "blocks.1.mlp.fc1.weight", "norm.bias") {
            try checkpoint.load()
        }
        try checkpoint.changeTensors { $0["head.extra"] = Tensor([1]) }
        expectModelError(.missingTensors, mentioning: "norm.bias", "head.extra") { try checkpoint.load() }
    }

    @Test func extraTensorsAreListedAtOnce() throws {
        for fixture in ["timm-vit", "hf-vit"] {
            let checkpoint = try ChangedCheckpoint(fixture)
            try checkpoint.changeTensors {
                $0["surplus.weight"] = Tensor([2])
                $0["mask_token"] = Tensor([1])
            }
            expectModelError(.unknownTensors, mentioning: "2 tensors", "surplus.weight", "mask_token") {
                try checkpoint.load()
            }
        }
    }

    @Test func weightsThatAreNotFiniteAreNamed() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.changeTensors {
            $0["blocks.0.attn.qkv.weight"]!.values[7] = .nan
            $0["head.bias"]!.values[0] = .infinity
        }
        expectModelError(.notFinite, mentioning: "2 tensors", "blocks.0.attn.qkv.weight", "head.bias") {
            try checkpoint.load()
        }
    }

    @Test func quantisedWeightsAreRefused() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        let path = checkpoint.directory.file("model.safetensors")
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let dtype = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("F32".utf8)) })
        bytes[dtype] = UInt8(ascii: "I")
        _ = try checkpoint.directory.write(bytes, to: "model.safetensors")
        expectModelError(.unsupported, mentioning: "not stored as real numbers") { try checkpoint.load() }
    }

    @Test func truncatedWeights() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: checkpoint.directory.file("model.safetensors"))))
        for length in [0, 7, 100, bytes.count / 2, bytes.count - 1] {
            _ = try checkpoint.directory.write(Array(bytes[..<length]), to: "model.safetensors")
            #expect(throws: FormatError.self, "cut after \(length) bytes") { try checkpoint.load() }
        }
    }

    @Test func filesThatAreNotThere() throws {
        expectModelError(.notFound, mentioning: "no such") { try Model(checkpoint: Fixture.path("models/nothing")) }
        let checkpoint = try ChangedCheckpoint("timm-vit")
        let wrongFile = checkpoint.directory.file("config.json")
        expectModelError(.unsupported, mentioning: ".safetensors") { try Model(checkpoint: wrongFile) }
        try checkpoint.remove("config.json")
        expectModelError(.missingConfiguration, mentioning: "config.json") { try checkpoint.load() }
        expectModelError(.missingConfiguration) { try Model(checkpoint: checkpoint.directory.file("model.safetensors")) }
    }
}
