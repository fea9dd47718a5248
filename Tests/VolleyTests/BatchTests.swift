import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Networks in which the batch matters, by value: whatever the threads, the groups and the size of the batch.
@Suite struct BatchTests {
    /// Against ONNX Runtime, which sums in another order, relative to the largest value.
    static let tolerance: Float = 1e-5
    /// Currents summed step by step against estimates computed at once, likewise.
    static let referenceTolerance: Float = 1e-4
    private static let timeSteps = 6
    private static let threads = [1, 2, 3, 7]

    static let separate = ["field/b4", "fixed/tokens", "fixed/stacked"]
    static let together = ["field/nn", "field/bsoft", "field/center", "fixed/meanN"]
    static let fixed = ["fixed/meets", "fixed/rows"]

    private static func path(_ name: String) -> String { Fixture.path("batch/" + name) }

    private static func arrays(_ path: String) throws -> [String: Tensor] {
        let archive = try NpzArchive(path: path)
        return Dictionary(uniqueKeysWithValues: try archive.names.map { ($0, try archive.array($0).tensor) })
    }

    private static func network(
        _ name: String, _ method: MultiThreshold = .ecmt, threads: Int = 1, limit: Int? = nil
    ) throws -> SpikingNetwork {
        var method = method
        method.spikingHead = true
        let model = try Model.load(path(name) + ".onnx")
        let arrays = try NamedArrays(path: path(name) + ".in.npz", for: model.graph)
        return try Conversion(of: model, method: method, calibrating: .init(.arrays(arrays), limit: limit), threads: threads).run()
    }

    private func expectClose(_ found: Tensor, _ expected: Tensor, _ tolerance: Float, _ what: Comment) {
        let difference = Difference(found, expected)
        #expect(difference.relative <= tolerance, "\(what): \(difference)")
    }

    private func arrays(_ run: ArrayRun) -> [String: NpyContent] { Dictionary(uniqueKeysWithValues: run.arrays) }

    private func tensor(_ run: ArrayRun, _ name: String) throws -> Tensor {
        guard case .float32(let tensor) = try #require(arrays(run)[name]) else { throw CocoaError(.coderReadCorrupt) }
        return tensor
    }

    // MARK: Values

    @Test(arguments: separate + together + fixed, ["ecmt", "differential"]) func valuesForEveryNumberOfThreads(
        name: String, method: String
    ) throws {
        let network = try Self.network(name, method == "ecmt" ? .ecmt : .differential)
        let inputs = try Self.arrays(Self.path(name) + ".in.npz")
        let expected = try Self.arrays(Self.path(name) + ".out.npz")
        let reference = try ReferenceSimulator(network, timeSteps: Self.timeSteps).run(inputs)
        let runs = try Self.threads.map { try ArrayRun(network, inputs: inputs, timeSteps: Self.timeSteps, threads: $0) }
        for (output, values) in expected {
            expectClose(try tensor(runs[0], output + ".ann"), values, Self.tolerance, "\(name), \(output)")
            expectClose(try tensor(runs[0], output), reference.outputs[output]!, Self.referenceTolerance, "\(name), \(output), spiking")
        }
        for (threads, run) in try paired(Self.threads, runs) { #expect(arrays(run) == arrays(runs[0]), "\(name), \(threads) threads") }
    }

    @Test(arguments: separate) func samplesAloneGiveTheSame(name: String) throws {
        let network = try Self.network(name)
        let program = try Program(network, timeSteps: Self.timeSteps)
        #expect(program.executable.batching.rule == .separate && program.diagnostics.isEmpty)
        let inputs = try Self.arrays(Self.path(name) + ".in.npz")
        let count = try program.executable.sampleCount(inputs)
        let whole = try ParallelSimulator(program, threads: 1).run(inputs)
        for size in [1, 3, 5] {
            let parts = try program.executable.batching.runs(of: count, size: size).map { range in
                try ParallelSimulator(program, threads: 2).run(program.executable.batching.samples(range, of: count, in: inputs))
            }
            let joined = SimulationResult(joining: parts)
            #expect(joined.outputs == whole.outputs && joined.spikes == whole.spikes && joined.steps == whole.steps, "\(size)")
        }
    }

    // MARK: What is said

    @Test(arguments: together) func whatCannotBePartedSaysSo(name: String) throws {
        let network = try Self.network(name)
        let run = try ArrayRun(network, inputs: try Self.arrays(Self.path(name) + ".in.npz"), timeSteps: 2, threads: 2)
        #expect(run.diagnostics.contains { $0.message.contains("relates the samples of a batch to each other") })
    }

    @Test func fixedBatchesAreFreedWhereSamplesDoNotMeet() throws {
        for name in Self.separate {
            let model = try Model.load(Self.path(name) + ".onnx")
            #expect(model.diagnostics.map(\.message) == ["the file fixes the batch at 4; any batch is accepted"], "\(name)")
        }
        for name in Self.fixed {
            let model = try Model.load(Self.path(name) + ".onnx")
            #expect(Batching(model.graph).rule == .fixed(4))
            #expect(model.diagnostics.contains { $0.message.contains("samples run 4 at a time") }, "\(name)")
        }
    }

    @Test(arguments: fixed) func remaindersAreRefused(name: String) throws {
        let network = try Self.network(name)
        let inputs = try Self.arrays(Self.path(name) + ".in.npz").mapValues { $0.rows(0..<10) }
        #expect {
            try ArrayRun(network, inputs: inputs, timeSteps: 1, threads: 1)
        } throws: { ($0 as? GraphError)?.description.contains("use the first 8") == true }
        #expect {
            try Self.network(name, limit: 10)
        } throws: { ($0 as? ConversionError)?.description.contains("use the first 8") == true }
        #expect(try Self.network(name, limit: 8).neurons.count == network.neurons.count)
    }

    // MARK: Axes elsewhere

    @Test(arguments: ["in3", "in4"]) func batchAxisOfAnOutputLiesAnywhere(arrays: String) throws {
        let network = try SpikingNetwork(contentsOf: Self.path("field/seqfirst.volley"))
        let inputs = try Self.arrays(Self.path("field/\(arrays).npz"))
        let program = try Program(network, timeSteps: Self.timeSteps)
        #expect(program.executable.batching.rule == .separate && program.foldsTime)
        let reference = try ReferenceSimulator(network, timeSteps: Self.timeSteps).run(inputs)
        let ann = try Evaluator(network.graph).run(inputs)["y"]!
        for threads in Self.threads {
            let run = try ArrayRun(network, inputs: inputs, timeSteps: Self.timeSteps, threads: threads)
            #expect(try tensor(run, "y.ann") == ann, "\(threads) threads")
            expectClose(try tensor(run, "y"), reference.outputs["y"]!, Self.referenceTolerance, "\(threads) threads")
        }
    }

    @Test(arguments: ["static", "static2"]) func outputsWithoutBatchAreNotRepeated(name: String) throws {
        let network = try SpikingNetwork(contentsOf: Self.path("field/\(name).volley"))
        let inputs = try Self.arrays(Self.path("field/in3.npz"))
        let k = network.graph[network.graph.outputs[1].value].constant!
        for threads in Self.threads {
            let run = try ArrayRun(network, inputs: inputs, timeSteps: 2, threads: threads)
            #expect(try tensor(run, "k.ann") == k)
            #expect(try tensor(run, "k") == Tensor.stacking([k, k]))
            #expect(try tensor(run, "y").shape == [2, 3, 5, 3])
        }
    }

    // MARK: Evaluation

    /// The samples of a fixture with ONNX Runtime's answers for labels.
    private static func dataset(_ name: String, in folder: TemporaryDirectory) throws -> String {
        let y = try arrays(path(name) + ".out.npz")["y"]!
        let labels = y.argmaxOfRows()
        let file = folder.file("data.npz")
        let x = try arrays(path(name) + ".in.npz")["x"]!
        try NpzArchive.write([("x", .float32(x)), ("y", .int64([labels.count], labels))], to: file)
        return file
    }

    @Test(arguments: separate + fixed, WeightFormat.allCases) func resultsHoldNothingOfBatchesAndThreads(
        name: String, weights: WeightFormat
    ) throws {
        let folder = try TemporaryDirectory()
        let dataset = try Dataset.open(try Self.dataset(name, in: folder))
        let network = try Self.network(name)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var first: String?
        for batch in [1, 3, 4, 32] {
            for threads in [1, 3] {
                let settings = Evaluation.Settings(timeSteps: 3, batchSize: batch, threads: threads, weights: weights)
                let results = try Evaluation(network, on: dataset, settings: settings).run()
                #expect(results.ann?.top1 == 1)
                let json = String(decoding: try encoder.encode(results), as: UTF8.self)
                if first == nil { first = json }
                #expect(json == first, "batch \(batch), \(threads) threads")
            }
        }
    }

    /// Samples of one run stay together, so that shards say what one run says.
    @Test(arguments: fixed, [1, 2, 3, 5]) func shardsAreOfWholeRuns(name: String, count: Int) throws {
        let folder = try TemporaryDirectory()
        let dataset = try Dataset.open(try Self.dataset(name, in: folder))
        let evaluation = try Evaluation(try Self.network(name), on: dataset, settings: .init(timeSteps: 3, weights: .int8))
        let paths = try (1...count).map { index in
            var run = try ShardRun(try #require(Shard(index, of: count)), of: evaluation, path: folder.file("\(index)"))
            #expect(run.count % 4 == 0)
            _ = try run.run()
            return folder.file("\(index)")
        }
        let (merged, whole) = (try ShardFiles.merge(paths), try evaluation.run())
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(try encoder.encode(merged) == encoder.encode(whole))
        withExtendedLifetime(folder) {}
    }

    /// Layers of 6 → 7 → 5: 77 multiply-accumulates, 35 of them behind 7 neurons.
    @Test(arguments: fixed) func costsAreThoseOfOneSample(name: String) throws {
        let folder = try TemporaryDirectory()
        let results = try Evaluation(
            try Self.network(name), on: try Dataset.open(try Self.dataset(name, in: folder)), settings: .init(timeSteps: 2)
        ).run()
        #expect(results.dense.multiplyAccumulates == 77 && results.dense.neurons == 7 && results.sites[0].neurons == 7)
        let counts = results.steps.map(\.counts)
        #expect(counts[0].analogMultiplyAccumulates == 12 * 42 && counts[0].neuronUpdates == 12 * 7)
        let accumulates = Double(counts[0].accumulates + counts[1].accumulates)
        #expect(accumulates > 0 && results.steps[1].synapticOperations == accumulates / 12)
        let exact = (0.9 * accumulates + 4.6 * 12 * 42) / (4.6 * 12 * 77)
        #expect(abs(results.steps[1].energy.exact - exact) < 1e-12)
        #expect(NetworkSummary(try Self.network(name).graph).multiplyAccumulates == 77)
    }

    @Test func evaluationRefusesWhatHasNoAnswerOfItsOwn() throws {
        let folder = try TemporaryDirectory()
        let network = try Self.network("field/bsoft")
        let dataset = try Dataset.open(try Self.dataset("field/bsoft", in: folder))
        #expect {
            try Evaluation(network, on: dataset, settings: .init(timeSteps: 2))
        } throws: { ($0 as? SpikingError)?.description.contains("relates the samples of a batch") == true }
        let fixed = try Dataset.open(try Self.dataset("fixed/meets", in: folder))
        #expect {
            try Evaluation(try Self.network("fixed/meets"), on: fixed, settings: .init(timeSteps: 2, limit: 10))
        } throws: { ($0 as? SpikingError)?.description.contains("use the first 8") == true }
    }

    @Test(arguments: together + fixed) func thresholdsDoNotDependOnThreads(name: String) throws {
        let network = try Self.network(name)
        #expect(try Self.network(name, threads: 3).neurons == network.neurons)
        #expect(network.neurons.values.allSatisfy { !$0.isSilent })
    }
}
