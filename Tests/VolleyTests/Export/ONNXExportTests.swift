import Testing
import Volley
import VolleyTestSupport

/// The exported step function, read back by the importer and evaluated as an ANN, against the engine.
@Suite struct ONNXExportTests {
    /// Relative to the largest output: other orders of sums.
    static let tolerance: Float = 1e-5
    private static let timeSteps = 8

    /// - Returns: the first step at which rounding decided a spike; nil for none.
    @discardableResult
    static func check(_ network: SpikingNetwork, _ inputs: [String: Tensor], timeSteps: Int = Self.timeSteps, _ name: String) throws -> Int? {
        let expected = try ParallelSimulator(Program(network, timeSteps: timeSteps), threads: 1).run(inputs)
        let step = ExportDifference(try ExportedNetwork(network).run(inputs, timeSteps: timeSteps), expected, network)
        #expect(step.worst <= tolerance, "\(name): \(step.place)")
        let unrolled = ExportDifference(
            try ExportedNetwork(network, form: .unrolled(timeSteps)).runUnrolled(inputs), expected, network)
        #expect(unrolled.worst <= tolerance, "\(name), unrolled: \(unrolled.place)")
        return [step.flip, unrolled.flip].compactMap(\.self).min()
    }

    @Test(arguments: Coding.allCases) func sampleGraphs(coding: Coding) throws {
        let graphs = try SampleGraphs.all()
        var flipped = 0
        for (name, graph) in graphs {
            for steps in [1, 4] {
                let network = try SampleNetworks.network(graph, coding: coding, initialPotential: 0.2, stepsPerOctave: steps)
                flipped += try Self.check(network, SampleGraphs.inputs(for: graph, batch: 2, seed: 3), name) == nil ? 0 : 1
            }
        }
        #expect(flipped <= graphs.count / 2, "\(flipped) of \(2 * graphs.count) are not compared to the end")
    }

    /// Both roundings, resets, ladders with unequal signs and with one sign, dead zones by step.
    @Test func ladders() throws {
        let graph = try SampleGraphs.transformer(depth: 1)
        var flipped = 0, count = 0
        for coding in Coding.allCases {
            for rounding in MultiThresholdNeuron.Rounding.allCases {
                for reset in Reset.allCases where coding == .rate || reset == .subtraction {
                    for (negative, zones) in [(Float(1), [Float]()), (0.7, [0.1]), (0, [0.2, 0.05, 0.01])] {
                        let network = try SampleNetworks.network(graph, coding: coding) { size in
                            NeuronLayer(
                                MultiThresholdNeuron(
                                    ladder: ThresholdLadder(.down, levels: 9, positive: 2 * size, negative: 2 * negative * size, stepsPerOctave: 2),
                                    rounding: rounding, reset: reset, initialPotential: 0.3, deadZones: zones.map { $0 * size }))
                        }
                        let inputs = SampleGraphs.inputs(for: graph, batch: 3, seed: 4)
                        flipped += try Self.check(network, inputs, "\(coding), \(rounding), \(reset), \(negative)") == nil ? 0 : 1
                        count += 1
                    }
                }
            }
        }
        #expect(4 * flipped <= count, "\(flipped) of \(count) are not compared to the end")
    }

    /// A layer of every family of neurons, but for those at inputs.
    private static let families: [(name: String, make: @Sendable (Float) -> any NeuronModel)] = [
        ("integrate-and-fire", { IntegrateAndFireNeuron(threshold: 0.3 * $0, initialPotential: 0.5) }),
        ("reset to zero", { IntegrateAndFireNeuron(threshold: 0.3 * $0, reset: .zero) }),
        (
            "late, strict, of another amplitude",
            {
                var neuron = IntegrateAndFireNeuron(threshold: 0.3 * $0)
                (neuron.amplitude, neuron.isStrict, neuron.isLate, neuron.deafSteps) = (0.4 * $0, true, true, 2)
                return neuron
            }
        ),
        ("never firing", { _ in IntegrateAndFireNeuron(threshold: 0) }),
        ("burst", { BurstNeuron(threshold: 0.2 * $0, most: 3, initialPotential: 0.25) }),
        (
            "burst of another amplitude",
            {
                var neuron = BurstNeuron(threshold: 0.2 * $0)
                neuron.amplitude = 0.25 * $0
                return neuron
            }
        ),
        ("signed with memory", { SignedNeuron(threshold: 0.3 * $0, negativeThreshold: 0.3 * $0) }),
        ("signed below zero, bounded", { SignedNeuron(threshold: 0.3 * $0, negativeThreshold: 0, most: 3, initialPotential: 0.5) }),
        ("signed without memory", { SignedNeuron(threshold: 0.3 * $0, negativeThreshold: 0.2 * $0, remembers: false) }),
        ("leaky", { LeakyNeuron(threshold: 0.3 * $0, leak: 0.05, floor: -0.5) }),
        ("adaptive", { AdaptiveNeuron(threshold: 0.3 * $0) }),
        ("adaptive of another shape", { AdaptiveNeuron(threshold: 0.3 * $0, shape: 1.5, rate: 0.2, speed: 0.1) }),
        ("half-burst", { HalfBurstNeuron(threshold: 0.3 * $0) }),
        ("half-burst without memory", { HalfBurstNeuron(threshold: 0.3 * $0, remembers: false, most: 4) }),
        ("half-burst, fed back twice", { HalfBurstNeuron(threshold: 0.3 * $0, feedsBackTwice: true) }),
        ("encoder", { EncoderNeuron(positive: 0.3 * $0, negative: 0.25 * $0) }),
        ("encoder of one sign", { EncoderNeuron(positive: 0.3 * $0, negative: 0) }),
        ("masked", { MaskedNeuron(threshold: 0.3 * $0, probe: 3) }),
    ]

    @Test(arguments: families.indices) func everyFamily(index: Int) throws {
        let (name, make) = Self.families[index]
        let graphs = try SampleGraphs.all()
        var flipped = 0
        for (graphName, graph) in graphs {
            let network = try SampleNetworks.network(graph, coding: .rate) { NeuronLayer(make($0)) }
            flipped += try Self.check(network, SampleGraphs.inputs(for: graph, batch: 2, seed: 6), "\(name), \(graphName)") == nil ? 0 : 1
        }
        #expect(2 * flipped <= graphs.count, "\(name): \(flipped) of \(graphs.count) are not compared to the end")
    }

    /// A network on digits under the methods of both papers, fine ladders, and dead zones.
    @Test(arguments: ["ecmt", "differential", "differential:steps-per-octave=4", "few-step:steps=2"]) func digits(method: String) throws {
        let network = try DigitsConversion.network(method)
        let images = try NpzArchive(path: Fixture.path("digits-vit/test.npz")).array("x").tensor.rows(0..<4)
        let flip = try Self.check(network, ["input": images], method)
        // Rounding may decide one of some ten thousand spikes, but not as soon as this.
        #expect(flip.map { $0 > 1 } ?? true, "\(method): a spike differs at t = \(flip ?? 0)")
    }

    @Test func weightsMayStandInAFileBeside() throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(depth: 1), coding: .differential)
        let directory = try TemporaryDirectory()
        var export = ONNXExport(network)
        let whole = try export.write(to: directory.file("whole.onnx"))
        export.largestFile = 1000
        let parted = try export.write(to: directory.file("parted.onnx"))
        #expect(whole.files.count == 1 && parted.files == [directory.file("parted.onnx"), directory.file("parted.onnx.data")])
        #expect(try ONNXModel.load(parted.files[0]).graph == ONNXModel.load(whole.files[0]).graph)
        #expect(try directory.bytes("parted.onnx").count < directory.bytes("whole.onnx").count)
    }

    /// What would be read outside of an array is NaN here and an error, or anything, elsewhere.
    @Test func refusesWhatCannotBeSaid() throws {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch, 4])
        let weight = try builder.constant("weight", Tensor([4, 4], repeating: 0.5))
        let layer = try builder.add("layer", .linear(Linear()), [x, weight])
        let positions = try builder.constant("positions", Tensor([2], [0, 9]))
        let picked = try builder.add("picked", .gather(Gather(axis: 1)), [layer, positions])
        let again = try builder.add("again", .gather(Gather(axis: 1)), [picked, positions])
        builder.output("y", again)
        let network = try SpikingNetwork(graph: try builder.build(), coding: .rate, neurons: [:], provenance: SampleNetworks.provenance)
        let directory = try TemporaryDirectory()
        let error = try #require(throws: ExportError.self) { try ONNXExport(network).write(to: directory.file("network.onnx")) }
        #expect(error.nodes.map(\.name) == ["picked", "again"])
        #expect(error.nodes[0].reason.contains("position 9.0 of an axis of length 4"))
        #expect(throws: SpikingError.self) { try ONNXExport(network, form: .unrolled(0)).write(to: directory.file("network.onnx")) }
        #expect(FileIdentity(directory.file("network.onnx")) == nil)
    }
}
