import OrderedCollections
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// The same bits however the work is divided, in every weight format.
@Suite struct DeterminismTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var network: SpikingNetwork
        var weights: WeightFormat
        var testDescription: String { "\(name), \(network.coding), \(weights)" }
    }

    private static let timeSteps = 4
    private static let batch = 8

    /// A transformer, convolutions and a network with a mask.
    static let cases: [Case] = try! SampleGraphs.all().flatMap { name, graph in
        ["transformer", "convolutional", "twoInputs"].contains(name)
            ? try Coding.allCases.flatMap { coding in
                let network = try SampleNetworks.network(graph, coding: coding)
                return WeightFormat.allCases.map { Case(name: name, network: network, weights: $0) }
            } : []
    }

    private func inputs(_ example: Case, batch: Int = batch) -> [String: Tensor] {
        SampleGraphs.inputs(for: example.network.graph, batch: batch, seed: 31)
    }

    private func expectSame(_ found: SimulationResult, _ expected: SimulationResult, _ what: Comment) {
        #expect(found.outputs == expected.outputs, what)
        #expect(found.spikes == expected.spikes, what)
        #expect(found.steps == expected.steps, what)
    }

    @Test(arguments: cases) func instructionSetsAndOrders(_ example: Case) throws {
        var expected: SimulationResult?
        for kernels in Kernels.available {
            let program = try Program(
                example.network, timeSteps: Self.timeSteps, weights: example.weights, kernels: kernels)
            for order in Session.Order.allCases {
                var session = Session(program, order: order)
                let found = try session.run(inputs(example))
                if let expected { expectSame(found, expected, "\(kernels.name), \(order)") } else { expected = found }
            }
        }
        #expect(expected!.steps.last!.spikes > 0, "the neurons fire")
    }

    @Test(arguments: cases) func threads(_ example: Case) throws {
        let program = try Program(example.network, timeSteps: Self.timeSteps, weights: example.weights)
        for order in Session.Order.allCases {
            let expected = try ParallelSimulator(program, threads: 1, order: order).run(inputs(example))
            for threads in [2, 3, 7] {
                let found = try ParallelSimulator(program, threads: threads, order: order).run(inputs(example))
                expectSame(found, expected, "\(threads) threads, \(order)")
            }
        }
    }

    @Test(arguments: cases) func theRestOfTheBatch(_ example: Case) throws {
        let program = try Program(example.network, timeSteps: Self.timeSteps, weights: example.weights)
        let inputs = inputs(example)
        for order in Session.Order.allCases {
            var session = Session(program, order: order)
            let expected = try session.run(inputs)
            for size in [1, 3] {
                var joined: SimulationResult?
                for start in stride(from: 0, to: Self.batch, by: size) {
                    let part = try session.run(inputs.mapValues { $0.rows(start..<min(Self.batch, start + size)) })
                    if joined == nil { joined = part } else { joined!.append(part) }
                }
                expectSame(joined!, expected, "batches of \(size), \(order)")
            }
        }
    }

    /// More samples than a group takes, and more time-steps than the neurons take at once.
    @Test(arguments: WeightFormat.allCases) func largeBatchesAndManySteps(_ weights: WeightFormat) throws {
        for coding in Coding.allCases {
            let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: coding)
            let inputs = SampleGraphs.inputs(for: network.graph, batch: 500, seed: 32)
            let program = try Program(network, timeSteps: 19, weights: weights)
            var layers = Session(program, order: .layerSequential)
            var steps = Session(program, order: .stepSequential)
            expectSame(try layers.run(inputs), try steps.run(inputs), "\(coding)")
        }
    }

    @Test func theANNIsThatOfTheEvaluator() throws {
        for (name, graph) in try SampleGraphs.all() {
            let network = try SampleNetworks.network(graph, coding: .rate)
            let inputs = SampleGraphs.inputs(for: network.graph, batch: Self.batch, seed: 33)
            for kernels in Kernels.available {
                let program = try Program(network, timeSteps: 1, kernels: kernels)
                let expected = try program.ann.run(inputs)
                for threads in [1, 3] {
                    let found = try ParallelSimulator(program, threads: threads).runANN(inputs)
                    #expect(found == expected, "\(name), \(kernels.name), \(threads) threads")
                }
            }
        }
    }

    @Test func runsOfTheANNAndOfTheNetworkDoNotDisturbEachOther() throws {
        for (name, graph) in try SampleGraphs.all() {
            let program = try Program(
                try SampleNetworks.network(graph, coding: .differential), timeSteps: Self.timeSteps)
            let inputs = SampleGraphs.inputs(for: graph, batch: 3, seed: 34)
            var fresh = Session(program)
            let expected = try fresh.run(inputs)
            var used = Session(program)
            let before = try used.runANN(inputs)
            expectSame(try used.run(inputs), expected, "\(name)")
            let after = try used.runANN(inputs)
            #expect(after == before, "\(name)")
        }
    }
}
