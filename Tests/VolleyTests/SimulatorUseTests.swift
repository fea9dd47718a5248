import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Evaluations, benchmarks and runs take any simulator, and say of the equations what they say of the kernels.
@Suite struct SimulatorUseTests {
    private static let timeSteps = 3

    private let network: SpikingNetwork
    private let simulators: [any Simulator]

    init() throws {
        network = try SampleNetworks.network(try SampleGraphs.convolutional(), coding: .rate)
        simulators = [
            ParallelSimulator(try Program(network, timeSteps: Self.timeSteps), threads: 2),
            try ReferenceSimulator(network, timeSteps: Self.timeSteps),
        ]
    }

    @Test func runsAreTheSame() throws {
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 3, seed: 16)
        let runs = try simulators.map { Dictionary(uniqueKeysWithValues: try ArrayRun($0, inputs: inputs).arrays) }
        #expect(runs[0].keys == runs[1].keys && runs[0].count == 2 + network.neurons.count)
        for (name, content) in runs[0] {
            guard case .float32(let tensor) = content, case .float32(let other) = runs[1][name] else {
                #expect(content == runs[1][name], "\(name): spikes")
                continue
            }
            let difference = Difference(other, tensor)
            #expect(difference.relative <= BatchTests.referenceTolerance, "\(name): \(difference)")
        }
    }

    @Test func evaluationsAreTheSame() throws {
        let folder = try TemporaryDirectory()
        let images = SampleGraphs.inputs(for: network.graph, batch: 12, seed: 17).values.first!
        try NpzArchive.write([("x", .float32(images)), ("y", .int64([12], (0..<12).map { $0 % 4 }))], to: folder.file("data.npz"))
        let dataset = try Dataset.open(folder.file("data.npz"))
        let results = try simulators.map { simulator in
            // The simulator knows better how many steps there are.
            try Evaluation(simulator, on: dataset, settings: .init(timeSteps: 99, batchSize: 5, weights: .int8)).run()
        }
        #expect(results[0].settings.timeSteps == Self.timeSteps && results[0].settings.weights == .fp32)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let texts = try results.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        #expect(texts[0] == texts[1])
        #expect(results[1].samples == 12 && results[1].steps.count == Self.timeSteps)
    }

    @Test func benchmarksTimeBoth() throws {
        var settings = NetworkBenchmark.Settings()
        (settings.batch, settings.repetitions) = (2, 1)
        for (simulator, hasStages) in zip(simulators, [true, false]) {
            let benchmark = try NetworkBenchmark(simulator, settings: settings)
            let report = try benchmark.run(benchmark.normalInputs(seed: 1))
            #expect(report.steps == Self.timeSteps && report.ann.millisecondsPerSample > 0 && report.snn.millisecondsPerSample > 0)
            #expect(report.snnStages.isEmpty != hasStages && report.annStages.isEmpty != hasStages)
        }
    }
}
