import Testing
import Volley
import VolleyTestSupport

/// Layers whose results meet: in a sum, a mean, a maximum (Fixtures/added-layers), against ONNX Runtime. Only one of two layers can
/// take the sum behind both into its pass; the other must be computed all the same.
@Suite struct AddedLayersTests {
    /// Products of 64 inputs at most, summed in another order.
    static let annTolerance: Float = 1e-5
    /// Currents summed step by step against estimates computed at once.
    static let stepTolerance: Float = 1e-4

    private static let timeSteps = 8
    private static let folder = Fixture.path("added-layers")

    static let names = [
        "bn", "cat", "inner", "max", "mean", "residual", "same", "streams", "sub", "three", "trained",
    ]

    /// The network, calibrated on the inputs; they; and what ONNX Runtime made of them.
    private func converted(_ name: String, _ coding: Coding) throws -> (SpikingNetwork, [String: Tensor], [String: Tensor]) {
        let model = try Model.load("\(Self.folder)/\(name).onnx")
        let (inputFile, input) = ("\(Self.folder)/\(name).in.npz", model.graph[model.graph.inputs[0]].name)
        let output = model.graph.outputs[0].name
        let x = try NpzArchive(path: inputFile).array(input).tensor
        let y = try NpzArchive(path: "\(Self.folder)/\(name).out.npz").array(output).tensor
        let network = try Conversion(
            of: model, method: coding == .rate ? MultiThreshold.ecmt : .differential,
            calibrating: .init(try .open(inputFile, for: model))
        ).run()
        return (network, [input: x], [output: y])
    }

    private func expectNear(_ found: Tensor?, _ expected: Tensor, _ tolerance: Float, _ what: Comment) throws {
        let found = try #require(found)
        try #require(found.shape == expected.shape, what)
        let scale = expected.values.map(abs).max()!
        let difference = zip(found.values, expected.values).map { abs($0 - $1) }.max()!
        #expect(scale > 0 && difference <= tolerance * scale, what)
    }

    @Test(arguments: names, Coding.allCases) func equalsONNXRuntimeAndTheReference(name: String, coding: Coding) throws {
        let (network, inputs, outputs) = try converted(name, coding)
        let program = try Program(network, timeSteps: Self.timeSteps)
        let reference = try ReferenceSimulator(network).run(inputs, timeSteps: Self.timeSteps)
        for order in Session.Order.allCases {
            var session = Session(program, order: order)
            let ann = try session.runANN(inputs)
            let result = try session.run(inputs)
            for (output, expected) in outputs {
                try expectNear(ann[output], expected, Self.annTolerance, "ANN, \(order)")
                try expectNear(result.outputs[output], reference.outputs[output]!, Self.stepTolerance, "spiking, \(order)")
            }
            #expect(result.spikes == reference.spikes)
            #expect(result.steps == reference.steps)
        }
        let arrays = try ArrayRun(network, inputs: inputs, timeSteps: Self.timeSteps, threads: 2).arrays
        for (output, expected) in outputs {
            let (_, content) = try #require(arrays.first { $0.0 == output + ".ann" })
            guard case .float32(let ann) = content else { Issue.record("'\(output).ann' holds no floats"); continue }
            try expectNear(ann, expected, Self.annTolerance, "run")
        }
    }
}
