import OrderedCollections
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Convolutions behind neurons, which run event-driven on the windows of their input; those of single pixels are linear layers.
@Suite struct ConvolutionStageTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var kernel: Shape
        var convolution: Convolution
        var coding: Coding
        var testDescription: String { "kernel \(kernel), \(convolution), \(coding)" }
    }

    /// 16-bit weights round each channel to 1 part in 65 000 of its largest one; a few dozen of them are summed up.
    private static let int16Tolerance: Float = 1e-3
    private static let timeSteps = 4

    static let cases: [Case] = Coding.allCases.flatMap { coding in
        [
            Case(kernel: [1, 1], convolution: Convolution(stride: [1, 1]), coding: coding),
            Case(kernel: [3, 3], convolution: Convolution(stride: [1, 1], padding: [[1, 1], [1, 1]]), coding: coding),
            Case(
                kernel: [3, 2],
                convolution: Convolution(stride: [2, 1], dilation: [1, 2], padding: [[1, 0], [2, 1]]), coding: coding),
            Case(
                kernel: [2, 4],
                convolution: Convolution(stride: [1, 3], dilation: [3, 1], padding: [[0, 2], [3, 0]]), coding: coding),
        ]
    }

    /// "input" `[N, 3, 9, 8]` → analog convolution → neurons → the tested convolution → "features" and, behind more
    /// neurons, "logits".
    private static func network(_ example: Case, levels: Int = 6) throws -> SpikingNetwork {
        var random = SeededGenerator(seed: 11)
        var builder = GraphBuilder()
        func weight(_ name: String, _ shape: Shape) throws -> NodeID {
            try builder.constant(name, random.normalTensor(shape, deviation: 1 / Float(shape.rowCount).squareRoot()))
        }
        let input = try builder.input("input", shape: [.batch, 3, 9, 8])
        let stemWeight = try weight("stem.weight", [6, 3, 3, 3])
        let stem = try builder.add(
            "stem", .convolution(Convolution(stride: [1, 1], padding: [[1, 1], [1, 1]])), [input, stemWeight])
        let active = try builder.add("stem.relu", .activation(Activation(.relu)), [stem])
        let secondWeight = try weight("second.weight", [5, 6, example.kernel[0], example.kernel[1]])
        let bias = try builder.constant("second.bias", random.normalTensor([5], deviation: 0.1))
        let second = try builder.add("second", .convolution(example.convolution), [active, secondWeight, bias])
        let features = try builder.add("second.relu", .activation(Activation(.relu)), [second])
        builder.output("features", features)
        let pooled = try builder.add("pooled", .reduction(Reduction(.mean, axes: [2, 3])), [features])
        builder.output("logits", try builder.add("head", .linear(Linear()), [pooled, try weight("head.weight", [4, 5])]))
        return try SampleNetworks.network(try builder.build(), coding: example.coding, levels: levels)
    }

    private static func expectNear(_ found: Tensor, _ expected: Tensor, _ tolerance: Float, _ name: String) {
        let difference = Difference(found, expected)
        #expect(difference.scale > 0 && difference.relative <= tolerance, "\(name): \(difference)")
    }

    @Test(arguments: cases) func equalsTheReference(_ example: Case) throws {
        let network = try Self.network(example)
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 3, seed: 7)
        let expected = try ReferenceSimulator(network, timeSteps: Self.timeSteps).run(inputs)
        var session = Session(try Program(network, timeSteps: Self.timeSteps))
        let profile = Profile()
        session.profile = profile
        let found = try session.run(inputs)
        for (name, tensor) in expected.outputs {
            Self.expectNear(found.outputs[name]!, tensor, SessionTests.tolerance, name)
        }
        #expect(found.spikes == expected.spikes)
        #expect(found.steps == expected.steps)
        let entry = try #require(profile.stages.first { $0.name == "second" })
        #expect(entry.kind == (example.kernel == [1, 1] ? "linear" : "convolution"))
        #expect(entry.inputs == Self.timeSteps * 3 * 6 * 9 * 8)
        #expect(entry.spikes > 0 && entry.eventInputs > 0)
    }

    /// So many samples that they are cut into groups, differently for both orders.
    @Test(arguments: cases) func ordersAndGroupsGiveTheSameBits(_ example: Case) throws {
        let network = try Self.network(example)
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 1000, seed: 8)
        let few = SampleGraphs.inputs(for: network.graph, batch: 3, seed: 8)
        for (weights, timeSteps) in try paired(WeightFormat.allCases, [Self.timeSteps, Self.timeSteps, 18]) {
            let program = try Program(network, timeSteps: timeSteps, weights: weights)
            var layers = Session(program, order: .layerSequential)
            var steps = Session(program, order: .stepSequential)
            let first = try layers.run(inputs)
            let second = try steps.run(inputs)
            #expect(first.outputs == second.outputs)
            #expect(first.spikes == second.spikes)
            let part = try layers.run(few)
            for step in 0..<timeSteps {
                let all = first.outputs["features"]!.rows(step..<step + 1)
                let those = part.outputs["features"]!.rows(step..<step + 1)
                #expect(Array(all.values.prefix(those.count)) == those.values, "\(weights)")
            }
        }
    }

    @Test(arguments: cases) func integersComeClose(_ example: Case) throws {
        let network = try Self.network(example)
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 3, seed: 9)
        var floats = Session(try Program(network, timeSteps: Self.timeSteps))
        let expected = try floats.run(inputs).outputs["features"]!
        let program = try Program(network, timeSteps: Self.timeSteps, weights: .int16)
        #expect(program.weightError > 0)
        #expect(program.diagnostics.isEmpty)
        var integers = Session(program)
        let found = try integers.run(inputs).outputs["features"]!
        #expect(found != expected, "the weights are rounded")
        Self.expectNear(found, expected, Self.int16Tolerance, "features")
    }

    @Test func tooManyLevelsKeepFloats() throws {
        let program = try Program(try Self.network(Self.cases[1], levels: 18), timeSteps: 2, weights: .int16)
        #expect(program.diagnostics.contains { "\($0)".contains("second") })
    }

    @Test func instructionSetsGiveTheSameBits() throws {
        let network = try Self.network(Self.cases[2])
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 2, seed: 10)
        for weights in WeightFormat.allCases {
            var scalar = Session(try Program(network, timeSteps: 3, weights: weights, kernels: Kernels.available[0]))
            let expected = try scalar.run(inputs)
            for kernels in Kernels.available.dropFirst() {
                var session = Session(try Program(network, timeSteps: 3, weights: weights, kernels: kernels))
                #expect(try session.run(inputs).outputs == expected.outputs, "\(kernels.name)")
            }
        }
    }
}
