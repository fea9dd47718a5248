import Testing
import VolleyModels
import VolleyTensors
import VolleyTestSupport

/// Names that training programs have left in front of those of the tensors.
@Suite struct WrapperPrefixTests {
    @Test(
        arguments: ["timm-vit", "hf-vit", "hf-bert-classifier"],
        ["module.", "model.", "_orig_mod.", "backbone.", "module._orig_mod.", "_orig_mod.module.", "model.backbone."])
    func areLeftOut(fixture: String, prefix: String) throws {
        let expected = try Model(checkpoint: Fixture.path("models/\(fixture)"))
        let checkpoint = try ChangedCheckpoint(fixture)
        try checkpoint.changeTensors { tensors in
            tensors = Dictionary(uniqueKeysWithValues: tensors.map { (prefix + $0.key, $0.value) })
        }
        let found = try checkpoint.load()
        #expect(found.graph == expected.graph)
        #expect(found.diagnostics.contains { $0.message.contains(prefix) })
        #expect(!expected.diagnostics.contains { $0.message.contains("wrapper") })
    }

    /// A backbone with a head beside it.
    @Test func whereSomeNamesHaveThem() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.changeTensors { tensors in
            tensors = Dictionary(uniqueKeysWithValues: tensors.map { ($0.key.hasPrefix("head.") ? $0.key : "backbone." + $0.key, $0.value) })
        }
        #expect(try checkpoint.load().graph == Model(checkpoint: Fixture.path("models/timm-vit")).graph)
    }

    @Test func whatIsMissingIsSaidAllTheSame() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.changeTensors { tensors in
            tensors["blocks.0.norm1.bias"] = nil
            tensors = Dictionary(uniqueKeysWithValues: tensors.map { ("module." + $0.key, $0.value) })
        }
        expectModelError(.missingTensors, mentioning: "\"blocks.0.norm1.bias\"") { try checkpoint.load() }
    }

    @Test func namesThatWouldMeetStay() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.changeTensors { $0["module.head.bias"] = $0["head.bias"] }
        expectModelError(.unknownTensors, mentioning: "module.head.bias") { try checkpoint.load() }
    }
}
