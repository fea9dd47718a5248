import Foundation
import Testing
import Volley
import VolleyTestSupport

/// The whole way on the command line, on the digits ViT.
@Suite struct CommandTests {
    private let folder: TemporaryDirectory
    private let model = Fixture.path("digits-vit")

    init() throws { folder = try TemporaryDirectory() }

    private func convert(_ extra: [String] = []) throws -> String {
        let network = folder.file("net.volley")
        let outcome = try CommandLineTool.run(
            ["convert", model, "--calibration", model + "/calibration.npz", "-o", network] + extra)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return network
    }

    private func object(_ path: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(filePath: path))) as? [String: Any])
    }

    @Test func inspectListsOperatorsAndSites() throws {
        let table = try CommandLineTool.run(["inspect", model])
        #expect(table.code == 0)
        for text in ["blocks.3.mlp.fc2.in", "softmax", "nonlinear", "bilinear", "MACs/sample"] { #expect(table.output.contains(text)) }
        let json = try CommandLineTool.run(["inspect", model, "--json"])
        let summary = try JSONDecoder().decode(NetworkSummary.self, from: Data(json.output.utf8))
        #expect(summary.sites.count == 32 && summary.parameters == 202_186)
    }

    @Test func convertEvaluateWritesWhatIsPromised() throws {
        let network = try convert(["--method", "ecmt"])
        let results = folder.file("results.json")
        let outcome = try CommandLineTool.run(
            ["evaluate", network, model + "/test.npz", "--steps", "3", "--json", results, "--sites"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("ANN") && outcome.output.contains("t = 3"))
        let json = try object(results)
        let ann = try #require(json["ann"] as? [String: Double])
        #expect(ann["top1"] == 0.95 && ann["top5"] != nil)
        let steps = try #require(json["steps"] as? [[String: Any]])
        #expect(steps.count == 3)
        for (index, step) in steps.enumerated() {
            #expect(step["step"] as? Int == index + 1)
            for key in ["top1", "top5", "firingRate", "synapticOperations"] { #expect(step[key] is Double || step[key] is Int, "\(key)") }
            let energy = try #require(step["energy"] as? [String: Double])
            #expect(Set(energy.keys) == ["paper", "exact", "full"])
        }
        let sites = try #require(json["sites"] as? [[String: Any]])
        #expect(sites.count == 32)
        #expect((sites[0]["thresholds"] as? [Double])?.count == 16)
        #expect((sites[0]["spikesPerLevel"] as? [[Int]])?.map(\.count) == [16, 16, 16])
        #expect(json["samples"] as? Int == 200)
        for key in ["settings", "digests", "version"] { #expect(json[key] != nil, "\(key)") }
    }

    @Test func everyFieldOfTheMethodIsReachable() throws {
        let network = try SpikingNetwork(
            contentsOf: try convert([
                "--method", "differential", "--levels", "5", "--quantile", "0.95", "--ladder", "up", "--coding", "rate",
                "--scale", "2", "--no-symmetric", "--rounding", "half-base", "--reset", "zero", "--initial-potential", "0.25",
                "--spiking-head", "--limit", "256", "--batch", "64",
            ]))
        let layer = try #require(network.neurons["head.in"])
        #expect(network.coding == .rate && layer.ladder.direction == .up && layer.ladder.levels == 5)
        #expect(layer.rounding == .halfBase && layer.reset == .zero && layer.initialPotential == 0.25)
        #expect(layer.ladder.positive != layer.ladder.negative)
        #expect(network.provenance.calibrationCount == 256)
        #expect(network.provenance.settings["quantile"] == "0.95")
    }

    @Test func explicitThresholdsPresetsAndNormalization() throws {
        let network = folder.file("explicit.volley")
        let explicit = try CommandLineTool.run(
            ["convert", model, "--thresholds", model + "/thresholds.json", "--normalize-parameters", "-o", network])
        #expect(explicit.code == 0, "\(explicit.errors)")
        #expect(try SpikingNetwork(contentsOf: network).neurons.values.allSatisfy { $0.ladder.positive == 1 })
        let preset = try SpikingNetwork(contentsOf: try convert(["--preset", "paper-vit"]))
        #expect(preset.neurons["blocks.0.attn.s"]?.ladder.positive == 0.0125)
        #expect(preset.neurons["blocks.2.mlp.fc2.in"]?.ladder.negative == 0.08)
    }

    @Test func runWritesEstimatesAndSpikes() throws {
        let network = try convert()
        let images = try NpzArchive(path: model + "/test.npz").array("x").tensor.rows(0..<5)
        try NpzArchive.write([("input", .float32(images))], to: folder.file("in.npz"))
        let outcome = try CommandLineTool.run(
            ["run", network, "--input", folder.file("in.npz"), "--output", folder.file("out.npz"), "--steps", "4"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let archive = try NpzArchive(path: folder.file("out.npz"))
        #expect(try archive.array("logits").shape == [4, 5, 10])
        #expect(try archive.array("logits.ann").shape == [5, 10])
        #expect(try archive.array("spikes/blocks.1.attn.k").shape == [4, 16])
    }

    @Test func anInterruptedEvaluationGoesOn() throws {
        let network = try convert()
        let (whole, resumed, progress) = (folder.file("whole.json"), folder.file("resumed.json"), folder.file("progress"))
        func evaluate(_ extra: [String]) throws -> CommandLineTool.Outcome {
            try CommandLineTool.run(
                ["evaluate", network, model + "/test.npz", "--steps", "2", "--batch", "64"] + extra)
        }
        #expect(try evaluate(["--json", whole]).code == 0)
        // Progress after two batches, as an interrupted run leaves it.
        let spiking = try SpikingNetwork(contentsOf: network)
        let dataset = try Dataset.open(model + "/test.npz")
        struct Interruption: Error {}
        let evaluation = try Evaluation(
            spiking, on: dataset, settings: .init(timeSteps: 2, batchSize: 64, data: dataset.name))
        #expect(throws: (any Error).self) {
            try evaluation.run(networkDigest: try SHA256.digest(ofFile: network).hexadecimal, resumeFile: progress) { done, _ in
                if done == 128 { try FileManager.default.copyItem(atPath: progress, toPath: progress + ".kept"); throw Interruption() }
            }
        }
        #expect(FileManager.default.fileExists(atPath: progress))
        #expect(try evaluate(["--json", resumed, "--resume", progress]).code == 0)
        #expect(!FileManager.default.fileExists(atPath: progress))
        #expect(try Data(contentsOf: URL(filePath: whole)) == Data(contentsOf: URL(filePath: resumed)))
        #expect(try evaluate(["--resume", progress + ".kept", "--limit", "100"]).code == 2)
    }

    @Test func demoShowsBothMethods() throws {
        let outcome = try CommandLineTool.run(["demo", "--output", folder.file("demo")])
        #expect(outcome.code == 0, "\(outcome.errors)")
        for text in ["ecmt", "differential", "t = 1", "t = 8", "ANN top-1 0.9"] { #expect(outcome.output.contains(text), "\(text)") }
        for method in ["ecmt", "differential"] {
            let results = try JSONDecoder().decode(
                Results.self, from: Data(contentsOf: URL(filePath: folder.file("demo/\(method).json"))))
            #expect(results.ann.top1 >= 0.97)
            #expect(results.steps.count == 8)
            #expect(results.steps.allSatisfy { 0 < $0.firingRate && $0.firingRate <= 1 })
            #expect(results.steps[7].top1 >= results.ann.top1 - 0.01, "\(method)")
        }
    }
}
