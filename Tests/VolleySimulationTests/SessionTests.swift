import OrderedCollections
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// The fast simulator against the literal equations, and against itself in every arrangement.
@Suite struct SessionTests {
    /// Currents summed step by step against estimates computed at once: float rounding, below any threshold that could be
    /// missed by it at these steps.
    static let tolerance: Float = 1e-4

    private static let timeSteps = 4

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var network: SpikingNetwork
        var testDescription: String { name }
    }

    static let cases: [Case] = try! SampleGraphs.all().flatMap { name, graph in
        try Coding.allCases.map { Case(name: "\(name), \($0)", network: try SampleNetworks.network(graph, coding: $0)) }
            + [
                Case(name: "\(name), reset to zero", network: try SampleNetworks.network(graph, coding: .rate, reset: .zero)),
                Case(name: "\(name), initial potential", network: try SampleNetworks.network(graph, coding: .rate, initialPotential: 0.5)),
                Case(
                    name: "\(name), differential, initial potential",
                    network: try SampleNetworks.network(graph, coding: .differential, initialPotential: 0.25)),
            ]
    }

    @Test(arguments: cases) func equalsTheReference(_ example: Case) throws {
        let inputs = SampleGraphs.inputs(for: example.network.graph, batch: 2, seed: 7)
        let expected = try ReferenceSimulator(example.network, timeSteps: Self.timeSteps).run(inputs)
        var session = Session(try Program(example.network, timeSteps: Self.timeSteps))
        let found = try session.run(inputs)
        for (name, tensor) in expected.outputs {
            let difference = Difference(found.outputs[name], tensor)
            #expect(difference.relative <= Self.tolerance, "\(name): \(difference)")
        }
        #expect(found.spikes == expected.spikes)
        #expect(found.steps == expected.steps)
        #expect(expected.steps.last!.spikes > 0, "the neurons fire")
    }

    /// One time-step at a time, and then a run begun anew.
    @Test(arguments: cases) func stepsAreThoseOfARun(_ example: Case) throws {
        let inputs = SampleGraphs.inputs(for: example.network.graph, batch: 3, seed: 8)
        let program = try Program(example.network, timeSteps: Self.timeSteps)
        var session = Session(program)
        let whole = try session.run(inputs)
        #expect(try session.step() == nil, "no run was begun")
        for steps in [2, Self.timeSteps] {
            try session.begin(inputs)
            for step in 0..<steps {
                let found = try #require(try session.step())
                for (name, estimates) in whole.outputs { #expect(found.outputs[name] == estimates.rows(step..<step + 1), "\(name)") }
                #expect(found.spikes == whole.spikes.mapValues { [$0[step]] })
                #expect(found.steps == [whole.steps[step]])
            }
        }
        #expect(try session.step() == nil, "behind the last step")
        #expect(try session.run(inputs).outputs == whole.outputs)
    }

    /// At once, and 16 at once and then the rest.
    @Test(arguments: cases, [timeSteps, 19]) func bothOrdersGiveTheSameBits(_ example: Case, timeSteps: Int) throws {
        let inputs = SampleGraphs.inputs(for: example.network.graph, batch: 3, seed: 8)
        let program = try Program(example.network, timeSteps: timeSteps)
        var layers = Session(program, order: .layerSequential)
        var steps = Session(program, order: .stepSequential)
        let first = try layers.run(inputs)
        let second = try steps.run(inputs)
        #expect(first.outputs == second.outputs)
        #expect(first.spikes == second.spikes)
        #expect(first.steps == second.steps)
    }

    @Test(arguments: cases) func nothingSurvivesARun(_ example: Case) throws {
        let graph = example.network.graph
        let program = try Program(example.network, timeSteps: Self.timeSteps)
        for order in Session.Order.allCases {
            var used = Session(program, order: order)
            _ = try used.run(SampleGraphs.inputs(for: graph, batch: 5, seed: 1))
            let inputs = SampleGraphs.inputs(for: graph, batch: 2, seed: 2)
            let again = try used.run(inputs)
            var fresh = Session(program, order: order)
            let once = try fresh.run(inputs)
            #expect(again.outputs == once.outputs)
            #expect(again.spikes == once.spikes)
        }
    }

    @Test(arguments: [Coding.rate, .differential]) func threadsAndBatchesDoNotMatter(_ coding: Coding) throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: coding)
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 8, seed: 9)
        let program = try Program(network, timeSteps: Self.timeSteps)
        let one = try ParallelSimulator(program, threads: 1).run(inputs)
        for threads in [2, 3, 7] {
            let several = try ParallelSimulator(program, threads: threads).run(inputs)
            #expect(several.outputs == one.outputs, "\(threads) threads")
            #expect(several.spikes == one.spikes)
            #expect(several.steps == one.steps)
        }
        for size in [1, 3] {
            var joined: SimulationResult?
            for start in stride(from: 0, to: 8, by: size) {
                let part = inputs.mapValues { $0.rows(start..<min(8, start + size)) }
                let result = try ParallelSimulator(program, threads: 1).run(part)
                if joined == nil { joined = result } else { joined!.append(result) }
            }
            #expect(joined!.outputs == one.outputs, "batches of \(size)")
            #expect(joined!.spikes == one.spikes)
        }
    }

    @Test func instructionSetsGiveTheSameBits() throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: .rate)
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 2, seed: 10)
        var scalar = Session(try Program(network, timeSteps: 3, kernels: Kernels.available[0]))
        let expected = try scalar.run(inputs)
        for kernels in Kernels.available.dropFirst() {
            var session = Session(try Program(network, timeSteps: 3, kernels: kernels))
            let found = try session.run(inputs)
            #expect(found.outputs == expected.outputs, "\(kernels.name)")
            #expect(found.spikes == expected.spikes)
        }
    }

    @Test func moreStepsComeCloserToTheANN() throws {
        for coding in Coding.allCases {
            let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: coding, levels: 8)
            let inputs = SampleGraphs.inputs(for: network.graph, batch: 4, seed: 12)
            let program = try Program(network, timeSteps: 64)
            let ann = try program.ann.run(inputs)["logits"]!
            var session = Session(program)
            let estimates = try session.run(inputs).outputs["logits"]!
            func error(_ step: Int) -> Float { Difference(estimates.rows(step - 1..<step).values, ann.values).ofNorms }
            #expect(error(64) < 0.3 * error(2), "\(coding): \(error(2)) after 2 steps, \(error(64)) after 64")
        }
    }

    @Test func noTimeStepsAreRefused() throws {
        let network = try SampleNetworks.network(try SampleGraphs.gatedMLP(), coding: .rate)
        #expect(throws: SpikingError.self) { try Program(network, timeSteps: 0) }
        #expect(throws: SpikingError.self) { try ReferenceSimulator(network, timeSteps: 0) }
    }

    @Test func notFinitePotentialsAreNamed() throws {
        let graph = try SampleGraphs.gatedMLP()
        let network = try SampleNetworks.network(graph, coding: .rate)
        var inputs = SampleGraphs.inputs(for: network.graph, batch: 1, seed: 1)
        inputs["input"]!.values = inputs["input"]!.values.map { _ in 3e38 }
        var session = Session(try Program(network, timeSteps: 1))
        do {
            _ = try session.run(inputs)
            Issue.record("an overflowing input must be noticed")
        } catch let error as SpikingError {
            #expect(error.code == .notFinite)
            #expect(network.neurons.keys.contains { error.message.contains("'\($0)'") })
        }
    }
}
