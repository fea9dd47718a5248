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
            #expect(Set(energy.keys) == ["paper", "exact", "strict", "full"])
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
        #expect(layer.multiThreshold.rounding == .halfBase && layer.multiThreshold.reset == .zero && layer.multiThreshold.initialPotential == 0.25)
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

    /// The table at the end of `convert`, what `inspect` shows of it, and `--no-check`.
    @Test func conversionsSayHowCloselyTheyFollow() throws {
        let data = ["convert", model, "--calibration", model + "/calibration.npz", "-o", folder.file("net.volley")]
        let outcome = try CommandLineTool.run(data)
        let fidelity = try #require(try SpikingNetwork(contentsOf: folder.file("net.volley")).fidelity)
        #expect(outcome.output.contains(fidelity.text) && outcome.output.contains("t = 8"), "\(outcome.output)")
        #expect(outcome.errors.isEmpty, "\(outcome.errors)")
        #expect(try CommandLineTool.run(["inspect", folder.file("net.volley")]).output.contains(fidelity.text))
        let unchecked = try CommandLineTool.run(data + ["--no-check"])
        #expect(unchecked.code == 0 && !unchecked.output.contains("t = 8"))
        #expect(try SpikingNetwork(contentsOf: folder.file("net.volley")).fidelity == nil)
        let explicit = try CommandLineTool.run(
            ["convert", model, "--thresholds", model + "/thresholds.json", "-o", folder.file("net.volley")])
        #expect(explicit.code == 0 && explicit.output.contains("not run beside its ANN"), "\(explicit.output)")
    }

    /// A network that hardly follows its ANN at t = 8 is warned of, and what the warning says helps.
    @Test func whatHardlyFollowsIsWarnedOf() throws {
        let network = folder.file("net.volley")
        let data = ["convert", model, "--calibration", model + "/calibration.npz", "-o", network]
        func lastError(_ network: String) throws -> Double { try #require(try SpikingNetwork(contentsOf: network).fidelity?.steps.last?.error) }
        // Thresholds so large that it takes many steps to reach them.
        let poor = ["--scale", "16"]
        let outcome = try CommandLineTool.run(data + poor)
        #expect(
            outcome.code == 0 && outcome.errors.contains("warning: at t = 8") && outcome.errors.contains("the method 'differential'"),
            "\(outcome.errors)"
        )
        #expect(try lastError(network) > 0.5)
        #expect(try CommandLineTool.run(data + poor + ["--strict"]).code == 2)
        // More time-steps.
        let results = folder.file("results.json")
        #expect(try CommandLineTool.run(["evaluate", network, model + "/test.npz", "--steps", "64", "--json", results]).code == 0)
        let steps = try #require(try object(results)["steps"] as? [[String: Any]])
        let (early, late) = (try #require(steps[7]["top1"] as? Double), try #require(steps[63]["top1"] as? Double))
        #expect(late > early + 0.1 && late > 0.9, "\(early) \(late)")
        // The other method.
        let other = try CommandLineTool.run(data + ["--method", "differential"])
        #expect(other.code == 0 && other.errors.isEmpty, "\(other.errors)")
        #expect(try lastError(network) < 0.1)
    }

    @Test func demoShowsBothMethods() throws {
        let outcome = try CommandLineTool.run(["demo", "--output", folder.file("demo")])
        #expect(outcome.code == 0, "\(outcome.errors)")
        for text in ["ecmt", "differential", "t = 1", "t = 8", "ANN top-1 0.9"] { #expect(outcome.output.contains(text), "\(text)") }
        for method in ["ecmt", "differential"] {
            let results = try JSONDecoder().decode(
                Results.self, from: Data(contentsOf: URL(filePath: folder.file("demo/\(method).json"))))
            #expect(results.ann!.top1 >= 0.97)
            #expect(results.steps.count == 8)
            #expect(results.steps.allSatisfy { 0 < $0.firingRate && $0.firingRate <= 1 })
            #expect(results.steps[7].top1! >= results.ann!.top1 - 0.01, "\(method)")
        }
    }
}
