import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `volley reproduce`, as users run it.
@Suite struct ReproduceTests {
    private let folder: TemporaryDirectory
    private let data = Fixture.path("digits-vit/test.npz")

    init() throws {
        folder = try TemporaryDirectory()
        try CommandLineTool.convertDigits(to: folder.file("net.volley"), ["--no-check"])
    }

    private func volley(_ arguments: [String]) throws -> CommandLineTool.Outcome { try CommandLineTool.run(arguments, in: folder.path) }

    private func evaluate(_ extra: [String]) throws {
        let outcome = try volley(["evaluate", "net.volley", data, "--limit", "30", "--json", "r.json"] + extra)
        try #require(outcome.code == 0, "\(outcome.errors)")
    }

    /// Whatever was measured is measured again, with other batches and threads.
    @Test(
        arguments: [
            ["--steps", "3", "--detail", "2"], ["--steps", "2", "--weights", "int8", "--prices", "45nm-sram"],
            ["--steps", "4", "--early-exit", "0.5,0.9"], ["--steps", "2", "--no-ann"], ["--steps", "2", "--task", "agreement"],
        ]) func sameFigures(settings: [String]) throws
    {
        try evaluate(settings)
        let outcome = try volley(["reproduce", "r.json", "net.volley", data, "--batch", "7", "--threads", "2", "--json", "again.json"])
        #expect(outcome.code == 0 && outcome.output.contains("r.json: reproduced") && outcome.output.contains("30 samples"), "\(outcome.errors)")
        let again = try volley(["reproduce", "again.json", "net.volley", data])
        #expect(again.code == 0, "\(again.output)\(again.errors)")
    }

    @Test func anAlteredFigureIsFound() throws {
        try evaluate(["--steps", "2"])
        var object = try #require(try JSONSerialization.jsonObject(with: Data(folder.bytes("r.json"))) as? [String: Any])
        var steps = try #require(object["steps"] as? [[String: Any]])
        let exact = try #require(steps[1]["top1"] as? Double)
        steps[1]["top1"] = exact.nextDown
        object["steps"] = steps
        try folder.write([UInt8](JSONSerialization.data(withJSONObject: object)), to: "altered.json")
        let outcome = try volley(["reproduce", "altered.json", "net.volley", data])
        #expect(outcome.code == 1 && outcome.output.contains("altered.json: 1 of "), "\(outcome.output)")
        #expect(outcome.output.contains("steps[1].top1: stated") && outcome.output.contains("measured \(exact)"), "\(outcome.output)")
    }

    @Test func otherNetworksAndDataAreRefused() throws {
        try evaluate(["--steps", "2"])
        try #require(try volley(["adjust", "net.volley", "--scale", "*=2", "-o", "other.volley"]).code == 0)
        let calibration = Fixture.path("digits-vit/calibration.npz")
        let attempts = [
            (["r.json", "other.volley", data], "network is another"), (["r.json", "net.volley", calibration], "labels"),
            (["absent.json", "net.volley", data], "absent.json"), (["net.volley", "net.volley", data], "net.volley"),
        ]
        for (arguments, word) in attempts {
            let outcome = try volley(["reproduce"] + arguments)
            #expect(outcome.code == 2 && outcome.errors.contains(word) && outcome.output.isEmpty, "\(arguments): \(outcome.code) \(outcome.errors)")
        }
        try folder.copy("digits-vit/test.npz", to: "same.npz")
        let renamed = try volley(["reproduce", "r.json", "net.volley", "same.npz"])
        #expect(renamed.code == 0, "\(renamed.output)\(renamed.errors)")
    }
}
