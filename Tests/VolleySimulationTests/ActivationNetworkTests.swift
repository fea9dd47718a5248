import OrderedCollections
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Networks whose neurons stand in the place of activations, at pools, inputs and outputs.
@Suite struct ActivationNetworkTests {
    /// More than the engine takes at once.
    private static let timeSteps = 20

    private static func network(
        _ placement: PlaceActivationNeurons, pool: Pooling.Function = .maximum, timing: Timing = .plain, thresholdsPerNeuron: Bool = false,
        _ model: (PlaceActivationNeurons.Role) -> any NeuronModel
    ) throws -> SpikingNetwork {
        let graph = try SampleGraphs.rectified(pool: pool, biased: true)
        var (placed, roles) = try placement.apply(to: graph)
        let neurons = roles.mapValues { NeuronLayer(model($0)) }
        if thresholdsPerNeuron {
            placed = try placed.rebuilt { builder, node, _, inputs in
                guard node.name == "act2" else { return try builder.copy(node, inputs: inputs) }
                let shape = Shape(Array(node.shape.perSample.dimensions.dropFirst()))
                let scales = try builder.constant("scales", Tensor(shape, (0..<shape.count).map { 0.5 + Float($0 % 7) / 8 }))
                return try builder.add(
                    "weighted", .elementwise(Elementwise(.multiply)), [builder.add("act2", node.operation!, [inputs[0], scales]), scales])
            }
        }
        return try SpikingNetwork(graph: placed, coding: .rate, timing: timing, neurons: neurons, provenance: SampleNetworks.provenance)
    }

    private static func models(_ role: PlaceActivationNeurons.Role) -> any NeuronModel {
        switch role {
        case .input: return InputNeuron(seed: 7)
        case .pool:
            // What a gate lets through is exactly the threshold, but for rounding.
            var neuron = IntegrateAndFireNeuron(threshold: 0.375)
            neuron.tolerance = 1e-4
            return neuron
        default: return IntegrateAndFireNeuron(threshold: 0.375, initialPotential: 0.5)
        }
    }

    private static let inputs = ["x": Tensor([5, 1, 8, 8], SeededGenerator.uniform(320, seed: 2))]

    private static func networks() throws -> [(String, SpikingNetwork)] {
        var found: [(String, SpikingNetwork)] = []
        for rule in PlaceActivationNeurons.MaximumRule.allCases {
            found.append((rule.rawValue, try network(PlaceActivationNeurons(maximum: rule), models)))
        }
        let everywhere = PlaceActivationNeurons(maximum: .gated, inputs: true, pools: true, outputs: true)
        found.append(("everywhere", try network(everywhere, models)))
        found.append(
            ("probe", try network(everywhere, timing: Timing(probe: 5)) { $0 == .input ? models($0) : MaskedNeuron(threshold: 0.375, probe: 5) }))
        found.append(
            (
                "drained",
                try network(PlaceActivationNeurons(), pool: .average, timing: Timing(feeding: 7)) { _ in
                    SignedNeuron(threshold: 0.375, negativeThreshold: 0, most: 7, initialPotential: 0.5)
                }
            ))
        found.append(("a threshold each", try network(PlaceActivationNeurons(), thresholdsPerNeuron: true, models)))
        return found
    }

    /// The engine in both orders, with several threads and in small batches, against the equations.
    @Test func everyWayOfRunningGivesTheSame() throws {
        for (name, network) in try Self.networks() {
            let expected = try ReferenceSimulator(network, timeSteps: Self.timeSteps).run(Self.inputs)
            let program = try Program(network, timeSteps: Self.timeSteps)
            let bits = try ParallelSimulator(program, threads: 1).run(Self.inputs)
            for (order, threads) in [(Session.Order.stepSequential, 1), (.layerSequential, 3)] {
                let found = try ParallelSimulator(program, threads: threads, order: order).run(Self.inputs)
                #expect(found.outputs == bits.outputs && found.spikes == bits.spikes && found.steps == bits.steps, "\(name), \(order)")
            }
            #expect(bits.spikes == expected.spikes, "\(name)")
            #expect(bits.steps == expected.steps, "\(name)")
            for (output, tensor) in expected.outputs {
                #expect(Difference(bits.outputs[output], tensor).relative < 1e-4, "\(name)")
            }
            #expect(expected.spikes.values.allSatisfy { steps in steps.contains { $0.contains { $0 > 0 } } }, "\(name): all sites fire")
        }
    }

    /// Without its neurons, such a network is the ANN that it was made of.
    @Test func theGraphStillIsTheANN() throws {
        let ann = try Evaluator(try SampleGraphs.rectified(pool: .maximum, biased: true)).run(Self.inputs)["logits"]!
        for (name, network) in try Self.networks() where name != "drained" {
            #expect(Difference(try Evaluator(network.graph).run(Self.inputs)["logits"]!.values, ann.values).absolute < 1e-5, "\(name)")
            let program = try ParallelSimulator(Program(network, timeSteps: 1), threads: 1)
            #expect(Difference(try program.runANN(Self.inputs)["logits"]!.values, ann.values).absolute < 1e-5, "\(name)")
        }
    }

    @Test func suchNetworksSurviveTheirFile() throws {
        let directory = try TemporaryDirectory()
        for (name, network) in try Self.networks() {
            let path = directory.file("network.volley")
            try network.write(to: path)
            #expect(try SpikingNetwork(contentsOf: path) == network, "\(name)")
        }
    }

    /// Every spike reaches the synapses behind its pool: each pixel lies in one window of four, and every pooled one has 12 targets.
    @Test func spikesAreCountedThroughPools() throws {
        let network = try Self.network(PlaceActivationNeurons(), pool: .average, Self.models)
        let result = try ReferenceSimulator(network, timeSteps: 3).run(Self.inputs)
        // A pixel in the middle reaches 4 channels in 9 positions, at the border 6 and in the corner 4.
        let fanOut = (0..<64).map { 4 * [2, 3, 3, 3, 3, 3, 3, 2][$0 / 8] * [2, 3, 3, 3, 3, 3, 3, 2][$0 % 8] }
        var reached = [0, 0, 0]
        _ = try ReferenceSimulator(network, timeSteps: 3).run(Self.inputs) { step, id, current in
            guard network.graph[id].name == "act1" else { return }
            for (index, value) in current.values.enumerated() where value != 0 { reached[step - 1] += fanOut[index % 64] }
        }
        for step in 0..<3 {
            let expected = reached[step] + 12 * Int(result.spikes["act2"]![step][0]) + 5 * Int(result.spikes["act3"]![step][0])
            #expect(result.steps[step].accumulates == expected)
        }
    }

    // MARK: Recorded spikes

    @Test func recordedSpikesTakeThePlaceOfDrawnOnes() throws {
        let network = try Self.network(PlaceActivationNeurons(maximum: .lateralInhibition, inputs: true), Self.models)
        let drawn = try ReferenceSimulator(network, timeSteps: 4)
        var train: [Float] = []
        let expected = try drawn.run(Self.inputs) { _, id, current in
            if network.graph[id].name == "x.spikes" { train += current.values }
        }
        let recorded = Self.inputs.merging(["train/x": Tensor([4, 5, 1, 8, 8], train)]) { $1 }
        // Another seed would draw others.
        let other = try network.replacing(
            neurons: network.neurons.reduce(into: [:]) { $0[$1.key] = $1.key == "x.spikes" ? NeuronLayer(InputNeuron(seed: 8)) : $1.value })
        let simulator = try ParallelSimulator(Program(other, timeSteps: 4), threads: 3)
        #expect(try simulator.run(recorded).spikes == expected.spikes && simulator.run(Self.inputs).spikes != expected.spikes)
        func message(_ network: SpikingNetwork, _ inputs: [String: Tensor], steps: Int) throws -> String {
            let simulator = try ParallelSimulator(Program(network, timeSteps: steps), threads: 1)
            do {
                _ = try simulator.run(inputs)
                return ""
            } catch { return "\(error)" }
        }
        #expect(try message(network, recorded, steps: 5).contains("hold 4 time-steps"))
        #expect(try message(Self.network(PlaceActivationNeurons(), Self.models), recorded, steps: 2).contains("no neurons stand there"))
        #expect(try message(network, recorded.mapValues { Tensor($0.shape, $0.values.map { 2 * $0 }) }, steps: 2).contains("hold 2 at time-step"))
        let short = Self.inputs.merging(["train/x": Tensor([4, 4, 1, 8, 8], Array(train.prefix(1024)))]) { $1 }
        #expect(try message(network, short, steps: 2).contains("is needed, found"))
        #expect(try message(network, Self.inputs.mapValues { Tensor($0.shape, $0.values.map { 3 * $0 }) }, steps: 2).contains("are no rates"))
    }

    // MARK: Pools of spikes

    @Test func gatesFollowWhatWasSent() {
        func passed(_ rule: Pooling.SpikeRule, _ steps: [[Float]]) -> [Float] {
            var pool = SpikePool(Pooling(.maximum, kernel: [1, 3], stride: [1, 3], spikeRule: rule), input: [1, 1, 1, 3], output: [1, 1, 1, 1])
            return steps.map { pool.step($0)[0] }
        }
        // Sums: 1 0 0 | 1 1 1 | 1 2 1 | 3 2 2
        let steps: [[Float]] = [[1, 0, 0], [0, 1, 1], [0, 1, 0], [2, 0, 1]]
        #expect(passed(.stepMaximum, steps) == [1, 1, 1, 2])
        #expect(passed(.gateFirst, steps) == [1, 0, 1, 2])
        #expect(passed(.gateLargest, steps) == [1, 1, 1, 2])
        // Padding is no member of a window.
        let padded = Pooling(.maximum, kernel: [2, 2], stride: [2, 2], padding: [[1, 0], [1, 0]])
        #expect(padded.windows(input: [1, 1, 3, 3], output: [1, 1, 2, 2]) == [[0], [1, 2], [3, 6], [4, 5, 7, 8]])
    }

    @Test func timeHasAWeight() {
        let plain = Timing.plain, probed = Timing(probe: 2, feeding: 3)
        #expect((1...4).map { plain.weight(of: $0) } == [1, 2, 3, 4] && (1...4).allSatisfy { plain.feeds(at: $0) == 1 })
        #expect((1...7).map { probed.weight(of: $0) } == [1, 2, 1, 2, 3, 3, 3])
        #expect((1...7).map { probed.feeds(at: $0) } == [1, 1, 1, 1, 1, 0, 0])
        #expect((1...7).filter { probed.restarts(at: $0) } == [3])
    }
}
