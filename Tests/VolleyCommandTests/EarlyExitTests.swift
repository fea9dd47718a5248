import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `--early-exit`: what it says of the digits ViT is what whole runs of single samples say.
@Suite struct EarlyExitTests {
    private static let margins = [0.3, 0.9, 1], steps = 5, samples = 40

    private let folder: TemporaryDirectory
    private let data = Fixture.path("digits-vit/test.npz")
    private let network: String

    init() throws {
        folder = try TemporaryDirectory()
        network = folder.file("net.volley")
        try CommandLineTool.convertDigits(to: network, ["--no-check"])
    }

    private func evaluate(_ name: String, _ extra: [String]) throws -> (results: Results, text: String) {
        let outcome = try CommandLineTool.run(
            ["evaluate", network, data, "--steps", "\(Self.steps)", "--limit", "\(Self.samples)", "--json", folder.file(name)] + extra)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return (try JSONDecoder().decode(Results.self, from: Data(contentsOf: URL(filePath: folder.file(name)))), outcome.output)
    }

    /// One sample alone in a whole run, and where it stops by the definition of the margin.
    private struct Whole {
        var logits: [[Float]]
        var counts: [OperationCounts]
        var ann: [Float]

        func stop(at threshold: Double) -> Int? {
            logits.firstIndex { row in
                let largest = row.max()!
                let powers = row.map { exp(Double($0 - largest)) }.sorted()
                return (powers[powers.count - 1] - powers[powers.count - 2]) / powers.reduce(0, +) >= threshold
            }
        }
    }

    private func wholeRuns() throws -> (runs: [Whole], labels: [Int], dense: DenseCosts) {
        let spiking = try SpikingNetwork(contentsOf: network)
        let dataset = try Dataset.open(data).prefix(Self.samples)
        let archive = try NpzArchive(path: data)
        let simulator = ParallelSimulator(try Program(spiking, timeSteps: Self.steps), threads: 1)
        let x = try archive.array("x").tensor
        let name = spiking.graph[spiking.graph.inputs[0]].name
        let runs = try (0..<dataset.count).map { sample in
            let inputs = [name: x.rows(sample..<sample + 1)]
            let result = try simulator.run(inputs)
            let logits = result.outputs["logits"]!
            return Whole(
                logits: (0..<Self.steps).map { Array(logits.values[$0 * 10..<($0 + 1) * 10]) }, counts: result.steps,
                ann: try simulator.runANN(inputs)["logits"]!.values)
        }
        return (runs, try archive.array("y").tensor.values.prefix(Self.samples).map { Int($0) }, SynapseMap(spiking.graph).dense)
    }

    @Test func figuresAreThoseOfWholeRuns() throws {
        let found = try evaluate("exits.json", ["--early-exit", "1, 0.3,0.9", "--batch", "7"])
        let exits = try #require(found.results.exits)
        let (runs, labels, dense) = try wholeRuns()
        #expect(exits.map(\.margin) == Self.margins && found.results.steps.isEmpty && found.results.settings.earlyExit == Self.margins)
        for exit in exits {
            let stops = runs.map { $0.stop(at: exit.margin) }
            let last = stops.map { $0 ?? Self.steps - 1 }
            let count = Double(Self.samples)
            #expect(exit.stops == (0..<Self.steps).map { step in Double(last.count { $0 == step }) / count })
            #expect(exit.reached == Double(stops.count { $0 != nil }) / count)
            #expect(abs(exit.meanSteps - Double(last.reduce(0) { $0 + $1 + 1 }) / count) < 1e-12)
            func answer(_ row: [Float]) -> Int { row.indices.max { row[$0] < row[$1] }! }
            let answers = zip(runs, last).map { answer($0.logits[$1]) }
            #expect(exit.top1 == Double(zip(answers, labels).count { $0 == $1 }) / count)
            #expect(exit.top1Interval == ConfidenceInterval(of: exit.top1, samples: Self.samples))
            #expect(exit.agreement == Double(zip(answers, runs).count { $0 == answer($1.ann) }) / count)
            var total = OperationCounts()
            for (run, last) in zip(runs, last) { for step in 0...last { total += run.counts[step] } }
            #expect(exit.counts == total && exit.energy == EnergyRatios(total, dense: dense, samples: Self.samples))
            #expect(exit.synapticOperations == Double(total.accumulates) / count && exit.millisecondsPerSample > 0)
            #expect(found.text.contains("margin \(exit.margin)"))
        }
        // The margins are worth telling apart here, and the last one is hardly ever reached.
        #expect(exits[0].meanSteps < exits[1].meanSteps && exits[1].meanSteps < exits[2].meanSteps && exits[0].stops.count { $0 > 0 } > 1)
        #expect(exits[0].millisecondsPerSample < exits[2].millisecondsPerSample)
    }

    @Test func neitherBatchesNorThreadsNorInterruptionsShow() throws {
        func timeless(_ results: Results) -> Results {
            var results = results
            for index in results.exits!.indices { results.exits![index].millisecondsPerSample = 0 }
            return results
        }
        let expected = try evaluate("one.json", ["--early-exit", "0.5", "--threads", "1"]).results
        #expect(timeless(try evaluate("two.json", ["--early-exit", "0.5", "--batch", "3", "--threads", "3"]).results) == timeless(expected))
        struct Interruption: Error {}
        let (spiking, dataset, progress) = (try SpikingNetwork(contentsOf: network), try Dataset.open(data), folder.file("progress"))
        func run(_ margins: [Double]?, until end: Int) throws -> Results {
            let settings = Evaluation.Settings(
                timeSteps: Self.steps, batchSize: 8, limit: Self.samples, data: dataset.name, earlyExit: margins)
            return try Evaluation(spiking, on: dataset, settings: settings).run(
                networkDigest: try SHA256.digest(ofFile: network).hexadecimal, resumeFile: progress
            ) { done, _ in if done >= end { throw Interruption() } }
        }
        #expect(throws: Interruption.self) { try run([0.5], until: 32) }
        for other in [[0.6], [0.5, 0.6], nil] { #expect(throws: EvaluationError.self) { try run(other, until: .max) } }
        var resumed = timeless(try run([0.5], until: .max))
        // Neither is part of what was measured.
        (resumed.settings.batchSize, resumed.settings.threads) = (expected.settings.batchSize, expected.settings.threads)
        let isSame = resumed == timeless(expected)
        #expect(isSame)
    }

    @Test func withoutTheANNThereIsNoAgreement() throws {
        let (compared, alone) = (
            try evaluate("with.json", ["--early-exit", "0.9"]), try evaluate("without.json", ["--early-exit", "0.9", "--no-ann"])
        )
        #expect(alone.results.exits![0].agreement == nil && compared.results.exits![0].agreement != nil)
        #expect(!alone.text.contains("agreement") && compared.text.contains("agreement"))
        #expect(alone.results.exits![0].counts == compared.results.exits![0].counts)
    }

    @Test func runsSayWhereSamplesStop() throws {
        let images = try NpzArchive(path: data).array("x").tensor.rows(0..<6)
        try NpzArchive.write([("input", .float32(images))], to: folder.file("in.npz"))
        func run(_ name: String, _ extra: [String]) throws -> CommandLineTool.Outcome {
            try CommandLineTool.run(
                ["run", network, "--input", folder.file("in.npz"), "-o", folder.file(name), "--steps", "\(Self.steps)"] + extra)
        }
        #expect(try run("whole.npz", []).code == 0)
        let outcome = try run("early.npz", ["--early-exit", "0.9"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let (whole, early) = (try NpzArchive(path: folder.file("whole.npz")), try NpzArchive(path: folder.file("early.npz")))
        let runs = try wholeRuns().runs
        let stops = (0..<6).map { (runs[$0].stop(at: 0.9) ?? Self.steps - 1) + 1 }
        #expect(try early.array("exit/step").tensor.values == stops.map(Float.init))
        let all = try whole.array("logits").tensor, found = try early.array("logits").tensor
        #expect(found.shape == [6, 10])
        for (sample, stop) in stops.enumerated() {
            let start = ((stop - 1) * 6 + sample) * 10
            let row = Array(all.values[start..<start + 10])
            #expect(Array(found.values[sample * 10..<(sample + 1) * 10]) == row)
            let words = outcome.output.split(separator: "\n").first { $0.split(separator: " ").first == "\(sample)" }?.split(separator: " ")
            #expect(words?.dropFirst().prefix(2).map(String.init) == ["\(stop)", "\(row.indices.max { row[$0] < row[$1] }!)"], "\(outcome.output)")
        }
        #expect(try early.array("logits.ann").tensor.values == whole.array("logits.ann").tensor.values)
    }

    @Test(arguments: ["0", "1.5", "-0.1", "nan", "", "0.5,", "0.5,0.5", "high"]) func badMarginsAreRefused(margin: String) throws {
        let outcome = try CommandLineTool.run(["evaluate", network, data, "--steps", "2", "--early-exit=\(margin)"])
        #expect(outcome.code == 2 && outcome.errors.contains("--early-exit") && outcome.output.isEmpty, "\(outcome.errors)")
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let sites = try CommandLineTool.run(["evaluate", network, data, "--steps", "2", "--early-exit", "0.5", "--sites"])
        #expect(sites.code == 2 && sites.errors.contains("leave out --sites"), "\(sites.errors)")
        // No class outputs.
        let spiking = try SampleNetworks.network(try BatchGraphs.tokens(), coding: .rate, spikingHead: true)
        let simulator = ParallelSimulator(try Program(spiking, timeSteps: 2), threads: 1)
        let inputs = SampleGraphs.inputs(for: spiking.graph, batch: 2, seed: 3)
        #expect { try EarlyExitRun(simulator, inputs: inputs, margin: 0.5) } throws: { "\($0)".contains("exactly one output [N, classes]") }
    }

    /// Samples that meet cannot stop one by one.
    @Test func samplesThatMeetAreRefused() throws {
        for (name, graph) in try BatchGraphs.together() {
            let spiking = try SampleNetworks.network(graph, coding: .rate)
            let simulator = ParallelSimulator(try Program(spiking, timeSteps: 2), threads: 1)
            let inputs = SampleGraphs.inputs(for: spiking.graph, batch: 2, seed: 3)
            #expect(throws: SpikingError.self, "\(name)") { try simulator.spikingAnswers(inputs) { _, _ in true } }
        }
    }
}
