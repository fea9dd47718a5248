import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `--no-ann`: what is relative to the ANN's answers is absent, and everything else is as it was.
@Suite struct WithoutANNTests {
    private let folder: TemporaryDirectory
    private let data = Fixture.path("digits-vit/test.npz")
    private let network: String

    init() throws {
        folder = try TemporaryDirectory()
        network = folder.file("net.volley")
        try CommandLineTool.convertDigits(to: network)
    }

    private func evaluate(_ name: String, _ extra: [String]) throws -> (results: Results, text: String, json: String) {
        let path = folder.file(name)
        let outcome = try CommandLineTool.run(["evaluate", network, data, "--steps", "2", "--limit", "50", "--json", path] + extra)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let json = try Data(contentsOf: URL(filePath: path))
        return (try JSONDecoder().decode(Results.self, from: json), outcome.output, String(decoding: json, as: UTF8.self))
    }

    @Test(arguments: ["fp32", "int8"]) func evaluationsLeaveItOut(weights: String) throws {
        let whole = try evaluate("whole.json", ["--weights", weights])
        let without = try evaluate("without.json", ["--weights", weights, "--no-ann"])
        #expect(without.results.ann == nil && without.results.steps.allSatisfy { $0.agreement == nil })
        for key in ["\"ann\"", "agreement", "annOutputs"] { #expect(!without.json.contains(key), "\(key)") }
        #expect(without.text.contains("The ANN was left out") && !whole.text.contains("The ANN was left out"))
        var expected = whole.results
        (expected.ann, expected.annTop1Interval) = (nil, nil)
        for step in expected.steps.indices { expected.steps[step].agreement = nil }
        expected.settings.comparesWithANN = false
        expected.weightError?.annOutputs = nil
        expected.confusion?.ann = nil
        expected.quantities = expected.quantities?.filter {
            !$0.key.hasSuffix("agreement") && !$0.key.hasPrefix("ann") && $0.key != "confusion.ann.samples"
        }
        #expect(without.results == expected)
        #expect((without.results.weightError == nil) == (weights == "fp32"))
    }

    @Test func progressWithTheANNIsNoProgressWithoutIt() throws {
        struct Interruption: Error {}
        let (spiking, dataset, progress) = (try SpikingNetwork(contentsOf: network), try Dataset.open(data), folder.file("progress"))
        func run(comparing: Bool, until end: Int) throws -> Results {
            let settings = Evaluation.Settings(timeSteps: 1, batchSize: 64, comparesWithANN: comparing)
            return try Evaluation(spiking, on: dataset, settings: settings).run(resumeFile: progress) { done, _ in
                if done >= end { throw Interruption() }
            }
        }
        #expect(throws: Interruption.self) { try run(comparing: false, until: 128) }
        #expect(throws: EvaluationError.self) { try run(comparing: true, until: .max) }
        let whole = try Evaluation(spiking, on: dataset, settings: .init(timeSteps: 1, comparesWithANN: false)).run()
        #expect(try run(comparing: false, until: .max).steps == whole.steps)
    }

    @Test func runsLeaveItOut() throws {
        let images = try NpzArchive(path: data).array("x").tensor.rows(0..<3)
        try NpzArchive.write([("input", .float32(images))], to: folder.file("in.npz"))
        func run(_ name: String, _ extra: [String]) throws -> CommandLineTool.Outcome {
            try CommandLineTool.run(["run", network, "--input", folder.file("in.npz"), "-o", folder.file(name)] + extra)
        }
        #expect(try run("whole.npz", ["--steps", "2"]).code == 0 && run("without.npz", ["--steps", "2", "--no-ann"]).code == 0)
        let (whole, without) = (try NpzArchive(path: folder.file("whole.npz")), try NpzArchive(path: folder.file("without.npz")))
        #expect(try whole.array("logits").tensor.values == without.array("logits").tensor.values)
        #expect(Set(whole.names).subtracting(without.names) == ["logits.ann"])
        let contradiction = try run("none.npz", ["--ann-only", "--no-ann"])
        #expect(contradiction.code == 2 && contradiction.errors.contains("leave one of them out"), "\(contradiction.errors)")
    }
}
