import OrderedCollections
import Synchronization
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// What every simulator must do, whatever machine it stands for: one suite, run on each. A new one is a line of `all`.
@Suite struct SimulatorConformanceTests {
    struct Maker: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Of a network and a number of time-steps.
        let make: @Sendable (SpikingNetwork, Int) throws -> any Simulator

        init(_ name: String, _ make: @escaping @Sendable (SpikingNetwork, Int) throws -> any Simulator) {
            (testDescription, self.make) = (name, make)
        }
    }

    static let all: [Maker] = [
        Maker("the equations") { try ReferenceSimulator($0, timeSteps: $1) },
        Maker("kernels on one thread") { ParallelSimulator(try Program($0, timeSteps: $1), threads: 1) },
        Maker("kernels on three threads, step by step") {
            ParallelSimulator(try Program($0, timeSteps: $1), threads: 3, order: .stepSequential)
        },
    ]

    private static let timeSteps = 4
    /// Sums in another order, relative to an output's largest element.
    private static let tolerance: Float = 1e-4

    private static func networks(_ coding: Coding) throws -> [(name: String, network: SpikingNetwork)] {
        try SampleGraphs.all().map { ($0, try SampleNetworks.network($1, coding: coding)) }
    }

    // MARK: Values

    /// Against a third program that shares no line with a simulator.
    @Test(arguments: all, Coding.allCases) func estimatesAreThoseOfTheNetwork(_ maker: Maker, coding: Coding) throws {
        for (name, network) in try Self.networks(coding) {
            let inputs = SampleGraphs.inputs(for: network.graph, batch: 2, seed: 7)
            let expected = try EstimateSimulator(network).run(inputs, timeSteps: Self.timeSteps, noise: nil)
            let found = try maker.make(network, Self.timeSteps).run(inputs)
            #expect(Array(found.outputs.keys) == network.graph.outputs.map(\.name), "\(name)")
            for (output, steps) in expected.outputs {
                let difference = Difference(found.outputs[output], Tensor.stacking(steps))
                #expect(difference.relative <= Self.tolerance, "\(name), \(output): \(difference)")
            }
            #expect(Dictionary(uniqueKeysWithValues: found.spikes.map { ($0, $1) }) == expected.spikes, "\(name)")
            #expect(found.spikes.values.contains { $0.contains { $0.contains { $0 > 0 } } }, "\(name): neurons fire")
        }
    }

    /// A run that ends early is the beginning of a whole one, sample by sample and bit for bit, and does no step more.
    @Test(arguments: all, Coding.allCases) func stoppedRunsAreTheBeginning(_ maker: Maker, coding: Coding) throws {
        for (name, network) in try Self.networks(coding) {
            let simulator = try maker.make(network, Self.timeSteps)
            guard case .separate = simulator.batching.rule else { continue }
            let inputs = try simulator.bind(SampleGraphs.inputs(for: network.graph, batch: 3, seed: 7))
            let whole = try simulator.run(inputs)
            for end in 1...Self.timeSteps + 1 {
                let latest = Mutex(0)
                let runs = try simulator.run(inputs) { step, _ in
                    latest.withLock { $0 = max($0, step) }
                    return step >= end
                }
                let steps = min(end, Self.timeSteps)
                #expect(runs.count == 3 && latest.withLock(\.self) == steps, "\(name)")
                for (sample, run) in runs.enumerated() {
                    let alone = try simulator.run(inputs.samples(sample..<sample + 1))
                    #expect(run.timeSteps == steps && run.result.steps == Array(alone.steps.prefix(steps)), "\(name), sample \(sample)")
                    #expect(run.result.spikes == alone.spikes.mapValues { Array($0.prefix(steps)) }, "\(name), sample \(sample)")
                    for (output, estimates) in whole.outputs {
                        let own = whole.batchAxes[output]?.behind(1).samples(sample..<sample + 1, of: 3, in: estimates) ?? estimates
                        #expect(run.result.outputs[output]!.values == Array(own.values.prefix(own.count / Self.timeSteps * steps)), "\(name)")
                    }
                    #expect(zip(run.seconds, run.seconds.dropFirst()).allSatisfy(<=) && run.seconds[0] > 0)
                }
            }
        }
    }

    @Test(arguments: all, Coding.allCases) func countsAreThoseOfBruteForce(_ maker: Maker, coding: Coding) throws {
        for (name, network) in try Self.networks(coding) {
            let inputs = SampleGraphs.inputs(for: network.graph, batch: 2, seed: 7)
            let expected = try SynapseCount.steps(of: network, inputs, timeSteps: Self.timeSteps)
            let found = try maker.make(network, Self.timeSteps).run(inputs)
            #expect(SynapseCount.difference(found.steps, expected) == nil, "\(name)")
        }
    }

    @Test(arguments: all) func theANNIsTheEvaluators(_ maker: Maker) throws {
        for (name, network) in try Self.networks(.rate) {
            let inputs = SampleGraphs.inputs(for: network.graph, batch: 3, seed: 8)
            let simulator = try maker.make(network, 1)
            let expected = try Evaluator(network.graph).run(inputs)
            #expect(try simulator.runANN(inputs) == expected, "\(name)")
            #expect(try simulator.ann.run(inputs) == expected, "\(name)")
            let answers = try simulator.answers(inputs)
            #expect(answers.ann == expected, "\(name)")
            #expect(try answers.spiking.outputs == simulator.run(inputs).outputs, "\(name)")
        }
    }

    // MARK: Time

    @Test(arguments: all, Coding.allCases) func earlyStepsDoNotDependOnLaterOnes(_ maker: Maker, coding: Coding) throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: coding)
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 2, seed: 9)
        let (few, many) = (try maker.make(network, 2), try maker.make(network, 18))
        #expect(few.timeSteps == 2 && few.network == network)
        let (first, all) = (try few.run(inputs), try many.run(inputs))
        #expect(first.steps.count == 2 && all.steps.count == 18)
        for (name, tensor) in all.outputs {
            #expect(tensor.shape[0] == 18)
            #expect(first.outputs[name] == tensor.rows(0..<2))
        }
        #expect(all.spikes.mapValues { Array($0.prefix(2)) } == first.spikes)
        #expect(Array(all.steps.prefix(2)) == first.steps)
    }

    @Test(arguments: all) func noTimeStepsAreRefused(_ maker: Maker) throws {
        let network = try SampleNetworks.network(try SampleGraphs.gatedMLP(), coding: .rate)
        for timeSteps in [0, -3] {
            let error = #expect(throws: SpikingError.self) { try maker.make(network, timeSteps) }
            #expect(error?.code == .badSettings && error?.message.contains("\(timeSteps)") == true)
        }
    }

    @Test(arguments: all) func nothingSurvivesARun(_ maker: Maker) throws {
        let network = try SampleNetworks.network(try SampleGraphs.twoInputs(), coding: .differential)
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 2, seed: 10)
        let simulator = try maker.make(network, Self.timeSteps)
        let once = try simulator.run(inputs)
        _ = try simulator.run(SampleGraphs.inputs(for: network.graph, batch: 5, seed: 11))
        _ = try simulator.runANN(inputs)
        let again = try simulator.run(inputs)
        #expect(once.outputs == again.outputs && once.spikes == again.spikes && once.steps == again.steps)
    }

    // MARK: Batches

    @Test(arguments: all, Coding.allCases) func samplesThatDoNotMeetDoNotDependOnEachOther(_ maker: Maker, coding: Coding) throws {
        for (name, graph) in try SampleGraphs.all() + BatchGraphs.separate() {
            let network = try SampleNetworks.network(graph, coding: coding)
            let simulator = try maker.make(network, 2)
            #expect(simulator.batching.rule == .separate, "\(name)")
            #expect(simulator.diagnostics.isEmpty, "\(name)")
            let inputs = try simulator.bind(SampleGraphs.inputs(for: graph, batch: 4, seed: 12))
            #expect(inputs.count == 4)
            let whole = try simulator.run(inputs)
            let parts = SimulationResult(joining: try [0..<1, 1..<4].map { try simulator.run(inputs.samples($0)) })
            #expect(parts.outputs == whole.outputs && parts.spikes == whole.spikes && parts.steps == whole.steps, "\(name)")
        }
    }

    @Test(arguments: all) func samplesThatMeetRunAsAWhole(_ maker: Maker) throws {
        for (name, graph) in try BatchGraphs.together() {
            let network = try SampleNetworks.network(graph, coding: .rate)
            let simulator = try maker.make(network, 2)
            guard case .together = simulator.batching.rule else {
                Issue.record("\(name): samples meet")
                continue
            }
            let inputs = SampleGraphs.inputs(for: graph, batch: 4, seed: 12)
            let expected = try EstimateSimulator(network).run(inputs, timeSteps: 2, noise: nil)
            let difference = Difference(try simulator.run(inputs).outputs["y"], Tensor.stacking(expected.outputs["y"]!))
            #expect(difference.relative <= Self.tolerance, "\(name): \(difference)")
        }
    }

    /// "x" `[4, 3]`: two layers, and the mean of the four.
    private static func fixed() throws -> SpikingNetwork {
        var builder = GraphBuilder()
        var random = SeededGenerator(seed: 3)
        let x = try builder.input("x", shape: [4, 3])
        let first = try builder.add("first", .linear(Linear()), [x, builder.constant("a", random.normalTensor([5, 3], deviation: 1))])
        let mean = try builder.add("mean", .reduction(Reduction(.mean, axes: [0], keepsAxes: true)), [first])
        let centred = try builder.add("centred", .elementwise(Elementwise(.subtract)), [first, mean])
        let second = try builder.add("second", .linear(Linear()), [centred, builder.constant("b", random.normalTensor([2, 5], deviation: 1))])
        builder.output("y", second)
        return try SampleNetworks.network(try builder.build(), coding: .rate)
    }

    @Test(arguments: all) func batchesThatAFileFixesRunInMultiples(_ maker: Maker) throws {
        let simulator = try maker.make(try Self.fixed(), 3)
        #expect(simulator.batching.rule == .fixed(4))
        var random = SeededGenerator(seed: 13)
        let inputs = try simulator.bind(["x": random.normalTensor([8, 3], deviation: 1)])
        #expect(inputs.count == 8)
        let whole = try simulator.run(inputs)
        #expect(whole.outputs["y"]!.shape == [3, 8, 2])
        let parts = SimulationResult(joining: try [0..<4, 4..<8].map { try simulator.run(inputs.samples($0)) })
        #expect(parts.outputs == whole.outputs && parts.spikes == whole.spikes && parts.steps == whole.steps)
        #expect(try simulator.runANN(inputs)["y"]!.shape == [8, 2])
        for count in [1, 6] {
            let error = #expect(throws: GraphError.self) { try simulator.run(["x": random.normalTensor([count, 3], deviation: 1)]) }
            #expect(error?.code == .badInput, "\(count)")
        }
    }

    // MARK: Errors

    /// What is wrong with arrays for "left" and "right", the code of the error, and words of it.
    private static func wrongInputs(_ graph: Graph) -> [(arrays: [String: Tensor], code: GraphError.Code, words: String)] {
        let right = SampleGraphs.inputs(for: graph, batch: 2, seed: 14)
        let names = graph.inputs.map { graph[$0].name }
        func changed(_ name: String, _ tensor: Tensor?) -> [String: Tensor] {
            var arrays = right
            arrays[name] = tensor
            return arrays
        }
        let (first, second) = (right[names[0]]!, right[names[1]]!)
        var broken = second
        broken.values[broken.count - 1] = .nan
        return [
            (changed(names[1], nil), .badInput, "no array is given for the input '\(names[1])'"),
            (changed("nobody", first), .badInput, "the network has no input 'nobody'"),
            (changed(names[0], Tensor(Shape(first.shape.dimensions + [1]), first.values)), .badInput, "is needed, found"),
            (changed(names[0], first.rows(0..<1)), .badInput, "all inputs need one batch size"),
            (changed(names[1], broken), .notFinite, "NaN or infinite"),
            ([:], .badInput, "given are none"),
        ]
    }

    @Test(arguments: all) func wrongInputsAreNamed(_ maker: Maker) throws {
        let network = try SampleNetworks.network(try SampleGraphs.twoInputs(), coding: .rate)
        let simulator = try maker.make(network, 2)
        for (arrays, code, words) in Self.wrongInputs(network.graph) {
            let calls: [() throws -> Void] = [
                { _ = try simulator.run(arrays) }, { _ = try simulator.runANN(arrays) }, { _ = try simulator.answers(arrays) },
            ]
            for call in calls {
                let error = #expect(throws: GraphError.self) { try call() }
                #expect(error?.code == code && error?.description.contains(words) == true, "\(words): \(error?.description ?? "")")
            }
        }
    }

    @Test(arguments: all, Coding.allCases) func potentialsThatAreNotFiniteAreNamed(_ maker: Maker, coding: Coding) throws {
        let network = try SampleNetworks.network(try SampleGraphs.gatedMLP(), coding: coding)
        var inputs = SampleGraphs.inputs(for: network.graph, batch: 1, seed: 1)
        inputs["input"]!.values = inputs["input"]!.values.map { _ in 3e38 }
        let error = #expect(throws: SpikingError.self) { try maker.make(network, 2).run(inputs) }
        #expect(error?.code == .notFinite)
        #expect(network.neurons.keys.contains { error?.message.contains("'\($0)'") == true })
    }

    @Test(arguments: all) func answersThatAreNotFiniteAreNone(_ maker: Maker) throws {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch, 1])
        let first = try builder.add("first", .linear(Linear()), [x, builder.constant("a", Tensor([1, 1], [1e30]))])
        builder.output("y", try builder.add("second", .linear(Linear()), [first, builder.constant("b", Tensor([1, 1], [1e30]))]))
        let network = try SpikingNetwork(graph: try builder.build(), coding: .rate, neurons: [:], provenance: SampleNetworks.provenance)
        let error = #expect(throws: NonFiniteOutput.self) { try maker.make(network, 2).answers(["x": Tensor([3, 1], [0, 1, 0])]) }
        #expect(error?.output == "y" && error?.step == nil && error?.sample == 1 && error?.node == "second")
    }

    // MARK: Traces

    /// What is handed on is what was sent, neuron by neuron, in the model's order; and nothing else of a run changes.
    @Test(arguments: all, Coding.allCases) func tracesAreWhatWasSent(_ maker: Maker, coding: Coding) throws {
        for (name, network) in try Self.networks(coding) {
            let simulator = try maker.make(network, Self.timeSteps)
            let inputs = try simulator.bind(SampleGraphs.inputs(for: network.graph, batch: 3, seed: 7))
            let expected = try SpikeTrains.sent(by: network, inputs, timeSteps: Self.timeSteps)
            let trains = try SpikeTrains(of: network, inputs, timeSteps: Self.timeSteps)
            let found = try simulator.run(inputs, tracing: trains.tracing)
            let plain = try simulator.run(inputs)
            #expect(found.outputs == plain.outputs && found.spikes == plain.spikes && found.steps == plain.steps, "\(name)")
            #expect(trains.codes == expected, "\(name)")
        }
    }

    @Test(arguments: all) func whatAReceiverThrowsEndsTheRun(_ maker: Maker) throws {
        struct Full: Error {}
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: .rate)
        let simulator = try maker.make(network, 2)
        let inputs = try simulator.bind(SampleGraphs.inputs(for: network.graph, batch: 2, seed: 15))
        let site = try #require(network.neurons.keys.first)
        #expect(throws: Full.self) { try simulator.run(inputs, tracing: SpikeTracing(sites: [site]) { _ in throw Full() }) }
        _ = try simulator.run(inputs)
    }

    // MARK: Measurements

    /// Stages are told by those that have some, and then all of them.
    @Test(arguments: all) func whatStagesAreToldIsTheWholeRun(_ maker: Maker) throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: .rate)
        let simulator = try maker.make(network, 2)
        let (ann, snn) = try simulator.profile(simulator.bind(SampleGraphs.inputs(for: network.graph, batch: 2, seed: 15)))
        guard !snn.isEmpty else {
            #expect(ann.isEmpty)
            return
        }
        let dense = SynapseMap(network.graph).dense
        #expect(ann.reduce(0) { $0 + $1.multiplyAccumulates } == 2 * dense.multiplyAccumulates)
        #expect(snn.contains { $0.kind == "attention" } && snn.contains { $0.kind == "neuron" } && snn.allSatisfy { $0.seconds >= 0 })
    }
}
