import Testing
import Volley
import VolleyTestSupport

/// Exports of networks that were not made for this test: those of the methods' own programs, and random ones over all operators.
@Suite struct ONNXExportNetworkTests {
    private static let timeSteps = 12

    /// Recorded spikes, probes, ends of the input, gated pools, thresholds of single neurons, and neurons of all sorts.
    @Test(arguments: MethodGoldenTests.names) func methods(name: String) throws {
        let goldens = MethodGoldenTests()
        let golden = try goldens.golden(name)
        let network = try goldens.network(golden)
        let archive = try NpzArchive(path: goldens.folder + name + ".npz")
        let steps = min(golden.probe + golden.steps, Self.timeSteps)
        let x = try archive.array("x").tensor
        var inputs = ["x": x]
        var train: Tensor?
        if archive.names.contains("train/x") {
            train = try archive.array("train/x").tensor
            inputs["train/x"] = train!.rows(0..<min(steps, train!.shape[0]))
        }
        let expected = try ParallelSimulator(Program(network, timeSteps: steps), threads: 1).run(inputs)
        let difference = ExportDifference(try ExportedNetwork(network).run(inputs, timeSteps: steps), expected, network)
        #expect(difference.worst <= ONNXExportTests.tolerance, "\(name): \(difference.place)")
        #expect(difference.flip == nil || MethodGoldenTests.withTies.contains(name), "\(name): a spike differs at t = \(difference.flip ?? 0)")
        // The importer takes the first axis of recorded spikes, which is time, for the batch.
        guard train == nil else { return }
        let unrolled = ExportDifference(try ExportedNetwork(network, form: .unrolled(steps)).runUnrolled(inputs), expected, network)
        #expect(unrolled.worst <= ONNXExportTests.tolerance, "\(name), unrolled: \(unrolled.place)")
    }

    // MARK: Random networks

    /// Of the size of an output: random networks lose more to cancellation than trained ones.
    private static let tolerance: Float = 1e-4
    private static let chunk = 10

    private enum Outcome { case agrees, undetermined, refused, notFinite }

    @Test(arguments: Array(stride(from: 1, through: 81, by: chunk))) func randomNetworks(first: Int) throws {
        var outcomes: [Outcome: Int] = [:]
        for seed in first..<first + Self.chunk { outcomes[try outcome(UInt64(seed)), default: 0] += 1 }
        #expect(outcomes[.agrees, default: 0] * 2 >= Self.chunk, "seeds from \(first): \(outcomes)")
    }

    private func outcome(_ seed: UInt64) throws -> Outcome {
        let example = try RandomNetwork(seed: seed)
        let steps = min(example.timeSteps, 6)
        let expected: SimulationResult
        do {
            expected = try ParallelSimulator(Program(example.network, timeSteps: steps), threads: 1).run(example.inputs)
        } catch let error as SpikingError where error.code == .notFinite {
            return .notFinite
        }
        guard expected.outputs.values.allSatisfy({ $0.values.allSatisfy(\.isFinite) }) else { return .notFinite }
        let exported: ExportedNetwork
        do {
            let graph = example.network.graph
            let isBatched = graph.inputs.contains { graph[$0].shape.scalesWithBatch }
            let constants = example.inputs.filter { name, _ in
                graph.inputs.contains { graph[$0].name == name && isBatched && !graph[$0].shape.scalesWithBatch }
            }
            exported = try ExportedNetwork(example.network, constants: constants)
        } catch let error as ExportError {
            #expect(error.nodes.contains { $0.reason.contains("which is outside") }, "seed \(seed): \(error)")
            return .refused
        }
        let difference = ExportDifference(try exported.run(example.inputs, timeSteps: steps), expected, example.network)
        if difference.flip == nil, difference.worst <= Self.tolerance { return .agrees }
        guard try isDetermined(example, steps) else { return .undetermined }
        Issue.record(
            "seed \(seed), \(example.network.coding): \(difference.place), spikes differ at t = \(difference.flip ?? 0)\n\(GraphDump.text(example.network.graph))"
        )
        return .undetermined
    }

    /// Whether shaking every value by about a rounding error changes nothing.
    private func isDetermined(_ example: RandomNetwork, _ steps: Int) throws -> Bool {
        let simulator = EstimateSimulator(example.network)
        let runs = try (0...40).map { try simulator.run(example.inputs, timeSteps: steps, noise: $0 == 0 ? nil : UInt64($0)) }
        guard runs.allSatisfy({ $0.spikes == runs[0].spikes }) else { return false }
        return runs[0].outputs.allSatisfy { name, values in
            runs.allSatisfy { run in
                zip(run.outputs[name]!, values).allSatisfy { Difference($0, $1).relative <= Self.tolerance }
            }
        }
    }
}
