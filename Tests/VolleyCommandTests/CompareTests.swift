import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `volley compare`.
@Suite struct CompareTests {
    private let folder: TemporaryDirectory
    private static let data = ["--calibration", Fixture.path("digits-cnn/calibration.npz"), "--data", Fixture.path("digits-cnn/test.npz")]

    init() throws { folder = try TemporaryDirectory() }

    private func compare(_ extra: [String], model: String = "vgg-qcfs") throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(["compare", Fixture.path("digits-cnn/\(model).onnx")] + Self.data + extra)
    }

    @Test func oneTableHoldsAllMethods() throws {
        let json = folder.file("results.json")
        let outcome = try compare(["--methods", "ecmt, differential:levels=4:scale=2", "--steps", "4,1,2", "--json", json])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let results = try JSONDecoder().decode(ComparisonResults.self, from: Data(contentsOf: URL(filePath: json)))
        #expect(results.steps == [1, 2, 4] && results.entries.map(\.label) == ["ecmt", "differential:levels=4:scale=2"])
        #expect(results.entries[1].provenance.settings["levels"] == "4" && results.entries[1].provenance.settings["scale"] == "2.0")
        #expect(outcome.output.hasSuffix(ComparisonTable.text(results)))
        #expect(outcome.output.contains("80 samples") && outcome.output.contains("95 % interval"))
        #expect(results.entries[1].steps.last!.top1 > 0.8 && results.ann! > 0.9)
    }

    /// What the table says to set is what can be set.
    @Test func whatDoesNotApplySaysWhatWould() throws {
        let refused = try compare(["--methods", "diehl-model,ecmt", "--steps", "1"])
        #expect(refused.code == 0 && refused.output.contains("does not apply"), "\(refused.errors)")
        #expect(refused.output.contains("; diehl-model:beyond-paper=yes feeds it"), "\(refused.output)")
        let taken = try compare(["--methods", "diehl-model:beyond-paper=yes", "--steps", "1"])
        #expect(taken.code == 0 && !taken.output.contains("does not apply"), "\(taken.errors)\(taken.output)")
    }

    @Test func progressIsKeptAndRemoved() throws {
        let kept = folder.file("kept")
        let outcome = try compare(["--methods", "ecmt", "--steps", "1", "--resume", kept])
        #expect(outcome.code == 0 && !FileManager.default.fileExists(atPath: kept + ".ecmt"), "\(outcome.errors)")
        try folder.write(Array("nonsense".utf8), to: "kept.ecmt")
        let refused = try compare(["--methods", "ecmt", "--steps", "1", "--resume", kept])
        #expect(refused.code == 2 && refused.errors.contains("kept.ecmt") && refused.output.isEmpty)
    }

    @Test(arguments: [
        (["--steps", "1,x"], "found '1,x'"), (["--steps", ""], "--steps"), (["--steps", "0"], "1…10000"), (["--steps", "1,,2"], "--steps"),
        (["--methods", "magic"], "unknown method 'magic'"), (["--methods", "ecmt,ecmt"], "'ecmt' twice"), (["--methods", ""], "unknown method ''"),
        (["--methods", "ecmt:levels"], "NAME:setting=value"), (["--methods", "ecmt:colour=red"], "colour"),
        (["--methods", "ecmt:levels=1000"], "levels"), (["--limit", "0"], "--limit"), (["--calibration-limit", "0"], "--calibration-limit"),
        (["--json", "/"], "/"),
    ]) func badInputIsOneError(options: [String], text: String) throws {
        let outcome = try compare(options)
        #expect(outcome.code == 2 && outcome.output.isEmpty && outcome.errors.contains(text), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
}
