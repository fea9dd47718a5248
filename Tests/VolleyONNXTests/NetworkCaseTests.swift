import Foundation
import Testing
import VolleyFormats
import VolleyGraph
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

/// Small networks from exporters and quantisation tools, as ONNX Runtime computes them.
@Suite struct NetworkCaseTests {
    /// Of the largest output: float sums in another order.
    private static let tolerance: Float = 2e-5
    /// Ten operators that ONNX Runtime rounds to 11 bits each, and that are computed in 24 bits here.
    private static let halfTolerance: Float = 5e-3
    /// The same with the constants of 8 bits.
    private static let brainTolerance: Float = 2e-2

    private static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: Fixture.path("onnx-cases"))) ?? []
        return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
    }()

    private func model(_ name: String) throws -> ONNXModel { try ONNXModel.load(Fixture.path("onnx-cases/\(name).onnx")) }

    @Test func theCasesAreThere() { #expect(Self.names.count >= 22) }

    @Test(arguments: names) func agreesWithONNXRuntime(name: String) throws {
        let graph = try model(name).graph
        let inputs = try NpzArchive(path: Fixture.path("onnx-cases/\(name).in.npz"))
        let expected = try NpzArchive(path: Fixture.path("onnx-cases/\(name).out.npz"))
        var arrays: [String: Tensor] = [:]
        for id in graph.inputs { arrays[graph[id].name] = try inputs.array(graph[id].name).tensor }
        let found = try Evaluator(graph).run(arrays)
        let tolerance = name.hasPrefix("half-") ? Self.halfTolerance : name.hasPrefix("brain-") ? Self.brainTolerance : Self.tolerance
        for (output, tensor) in found {
            let right = try expected.array(output).tensor
            #expect(tensor.shape == right.shape)
            let scale = right.values.map(\.magnitude).max() ?? 0
            let error = zip(tensor.values, right.values).map { ($0 - $1).magnitude }.max() ?? 0
            #expect(error <= tolerance * scale, "\(output): off by \(error) of \(scale)")
        }
    }

    @Test(arguments: ["half", "brain"], [("erf", UnaryFunction.gelu), ("erf-product", .gelu), ("tanh", .geluTanh), ("sigmoid", .quickGELU)])
    func activationsAreRecognisedByConstantsOfTheFilesPrecision(precision: String, form: (name: String, function: UnaryFunction)) throws {
        let operations = try model("\(precision)-\(form.name)").graph.nodes.compactMap(\.operation)
        #expect(operations.contains(.activation(Activation(form.function))))
        #expect(operations.allSatisfy { !["elementwise"].contains($0.name) || $0 == .elementwise(Elementwise(.add)) })
        #expect(operations.count { $0.name == "activation" } == 1)
    }

    @Test(arguments: names.filter { $0.hasPrefix("qdq") || $0 == "fake-quantized" })
    func weightsAreRoundedAtImportAndActivationsWhereTheyAreComputed(name: String) throws {
        let graph = try model(name).graph
        let isConstant = graph.nodes.map { $0.constant != nil }
        var roundings = 0
        for node in graph.nodes {
            guard let operation = node.operation else { continue }
            #expect(!node.inputs.allSatisfy { isConstant[$0] }, "\(node.name) could have been computed at import")
            switch operation {
            case .quantization, .trainedActivation: roundings += 1
            case .linear, .convolution: #expect(isConstant[node.inputs[1]])
            default: break
            }
        }
        #expect(roundings >= 2)
    }
}
