import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `volley tune`.
@Suite struct TuneTests {
    private let folder: TemporaryDirectory
    private static let model = Fixture.path("digits-vit")

    init() throws { folder = try TemporaryDirectory() }

    private func tune(_ extra: [String], meanwhile: (Process) throws -> Void = { _ in }) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(
            ["tune", Self.model, "--calibration", Self.model + "/calibration.npz", "--calibration-limit", "64", "--steps", "1,2"] + extra,
            meanwhile: meanwhile)
    }

    private func results(_ name: String) throws -> TuningResults {
        try JSONDecoder().decode(TuningResults.self, from: Data(contentsOf: URL(filePath: folder.file(name))))
    }

    private static let methods = ["--methods", "ecmt,differential,few-step:steps=2,few-step:steps=1"]

    @Test func theChosenNetworkIsWritten() throws {
        let (json, svg, network) = (folder.file("results.json"), folder.file("front.svg"), folder.file("net.volley"))
        let outcome = try tune(Self.methods + ["--max-loss", "0.1", "--refine", "1", "--json", json, "--svg", svg, "-o", network])
        #expect(outcome.code == 0 && outcome.errors.contains("4 candidates"), "\(outcome.errors)")
        let results = try results("results.json")
        let chosen = try #require(results.chosen)
        #expect(outcome.output.contains(TuningTable.text(results)) && outcome.output.contains("chosen: \(chosen.label) at t = \(chosen.step)"))
        #expect(String(decoding: try folder.bytes("front.svg"), as: UTF8.self) == results.chart.svgFile)
        let written = try SpikingNetwork(contentsOf: network)
        #expect(written.provenance.calibrationCount == results.calibrationSamples && written.grades == results[chosen]?.entry.grades)
        // Both halves helped to choose it.
        let refused = try CommandLineTool.run(["evaluate", network, Self.model + "/calibration.npz", "--limit", "64", "--steps", "1"])
        #expect(refused.code == 2 && refused.errors.contains("64 of"), "\(refused.errors)")
        #expect(try CommandLineTool.run(["evaluate", network, Self.model + "/test.npz", "--limit", "32", "--steps", "1"]).code == 0)
    }

    @Test func withoutABoundThereIsTheFrontAlone() throws {
        let outcome = try tune(Self.methods)
        #expect(outcome.code == 0 && outcome.output.contains("on the front") && !outcome.output.contains("chosen"), "\(outcome.errors)")
        let nothing = try tune(["--methods", "ecmt", "--max-loss", "0.00001"])
        #expect(nothing.code == 2 && nothing.output.contains("on the front"))
        #expect(nothing.errors.contains("no network keeps to --max-loss") && nothing.errors.contains("the smallest loss is"), "\(nothing.errors)")
    }

    /// What the table calls a network can be asked for, values with commas too.
    @Test func labelsAreTakenAsTheyAreShown() throws {
        let labels = TuningGrid.candidates(steps: [1]).map(\.label).filter { $0.hasPrefix("differential") }
        #expect(labels.contains { $0.contains(",") })
        let outcome = try tune(["--methods", labels.joined(separator: ","), "--json", folder.file("results.json")])
        #expect(try outcome.code == 0 && results("results.json").entries.map(\.label) == labels, "\(outcome.errors)")
    }

    /// Killed while it works, and gone on with by the same command: the results are those of a tuning that was left alone, but for times.
    @Test func aKilledTuningGoesOn() throws {
        let options = ["--methods", "few-step:steps=1,ecmt,differential,few-step:steps=2", "--max-energy", "0.2"]
        let (kept, json) = (folder.file("kept"), folder.file("results.json"))
        let killed = try tune(options + ["--resume", kept, "--json", json]) { process in
            let end = Date().addingTimeInterval(60)
            while !FileManager.default.fileExists(atPath: kept), Date() < end { Thread.sleep(forTimeInterval: 0.002) }
            kill(process.processIdentifier, SIGKILL)
        }
        #expect(killed.code == SIGKILL && killed.output.isEmpty && FileManager.default.fileExists(atPath: kept))
        let resumed = try tune(options + ["--resume", kept, "--json", json])
        #expect(resumed.code == 0 && !FileManager.default.fileExists(atPath: kept), "\(resumed.errors)")
        #expect(try tune(options + ["--json", folder.file("whole.json")]).code == 0)
        #expect(try untimed("results.json") == untimed("whole.json"))
    }

    /// The JSON file without its times.
    private func untimed(_ name: String) throws -> NSDictionary {
        var document = try #require(JSONSerialization.jsonObject(with: Data(folder.bytes(name))) as? [String: Any])
        let entries = try #require(document["entries"] as? [[String: Any]])
        #expect(!entries.isEmpty && entries.allSatisfy { $0["times"] != nil })
        document["entries"] = entries.map { $0.filter { $0.key != "times" } }
        return document as NSDictionary
    }

    @Test func keptProgressOfOtherWorkIsRefused() throws {
        try folder.write(Array("nonsense".utf8), to: "kept")
        let outcome = try tune(["--methods", "ecmt", "--resume", folder.file("kept")])
        #expect(outcome.code == 2 && outcome.errors.contains("kept progress of a tuning") && outcome.output.isEmpty, "\(outcome.errors)")
    }

    @Test(arguments: [
        (["-o", "net.volley"], "name --max-loss or --max-energy"), (["--max-loss", "0.1", "--max-energy", "0.2"], "exclude each other"),
        (["--max-loss", "0"], "--max-loss"), (["--max-energy=-1"], "--max-energy"), (["--max-loss", "nan"], "--max-loss"),
        (["--steps", "1,x"], "found '1,x'"), (["--methods", "magic"], "unknown method 'magic'"), (["--methods", "ecmt,ecmt"], "'ecmt' twice"),
        (["--refine=-1"], "--refine"), (["--calibration-limit", "0"], "--calibration-limit"), (["--calibration-limit", "1"], "at least 2"),
        (["--json", "/"], "/"), (["--prices", "gold"], "gold"),
    ]) func badInputIsOneError(options: [String], text: String) throws {
        let outcome = try tune(options)
        #expect(outcome.code == 2 && outcome.output.isEmpty && outcome.errors.contains(text), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
}
