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

    /// All but seconds; the methods' own shards are shards of evaluations.
    @Test func shardsMakeTheTableOfOneRun() throws {
        func results(_ name: String) throws -> NSDictionary {
            let data = try Data(contentsOf: URL(filePath: folder.file(name)))
            var results = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
            let entries = try #require(results["entries"] as? [[String: Any]])
            #expect(entries.allSatisfy { $0["seconds"] != nil })
            results["entries"] = entries.map { $0.filter { $0.key != "seconds" } }
            return results as NSDictionary
        }
        let options = ["--methods", "ecmt,diehl-model,differential:levels=4", "--steps", "1,3"]
        let whole = try compare(options + ["--json", folder.file("whole.json")])
        #expect(whole.code == 0, "\(whole.errors)")
        for index in [2, 3, 1, 2] {
            let outcome = try compare(options + ["--json", folder.file("r.json"), "--shard", "\(index)/3", "--batch", "\(4 * index)"])
            #expect(outcome.code == 0 && outcome.output.contains("volley merge"), "\(outcome.errors)")
        }
        let files = (1...3).map { folder.file("r.\($0)-of-3.comparison") }
        let merged = try CommandLineTool.run(["merge", files[2], files[0], files[1], "--json", folder.file("r.json")])
        #expect(merged.code == 0 && merged.output.contains("from 3 shards: 80 samples"), "\(merged.errors)")
        #expect(try results("r.json") == results("whole.json"))
        #expect(merged.output.contains("does not apply"))
        // The same rows, whatever the time they took.
        let table = { (text: String) in text.split(separator: "\n").dropFirst().filter { !$0.contains(" s ") } }
        #expect(table(merged.output) == table(whole.output))
        let method = try CommandLineTool.run(["merge"] + (1...3).map { folder.file("r.ecmt.\($0)-of-3.shard") })
        #expect(method.code == 0 && method.output.contains("80 samples"), "\(method.errors)")
        let gap = try CommandLineTool.run(["merge", files[0], files[2]])
        #expect(gap.code == 2 && gap.errors.contains("3 shards are needed"), "\(gap.errors)")
        let other = try compare(["--methods", "ecmt", "--steps", "1,3", "--json", folder.file("o.json"), "--shard", "3/3"])
        #expect(other.code == 0)
        let mixed = try CommandLineTool.run(["merge", files[0], files[1], folder.file("o.3-of-3.comparison")])
        #expect(mixed.code == 2 && mixed.errors.contains("different comparisons"), "\(mixed.errors)")
        for (extra, words) in [(["--shard", "1/2"], "--json RESULT.json"), (["--shard", "1/2", "--json", "x", "--resume", "y"], "--resume")] {
            let refused = try compare(options + extra)
            #expect(refused.code == 2 && refused.errors.contains(words), "\(refused.errors)")
        }
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
