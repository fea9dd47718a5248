import Foundation
import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

@Suite struct GraphDocumentTests {
    private struct Missing: Error {}

    private func decode(_ json: Data, constants: [String: Tensor]) throws -> Graph {
        try JSONDecoder().decode(GraphDocument.self, from: json).graph { name in
            guard let tensor = constants[name] else { throw Missing() }
            return tensor
        }
    }

    private func encode(_ graph: Graph) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(GraphDocument(graph))
    }

    @Test func aGraphOfEveryOperatorSurvivesItsFile() throws {
        let graph = try graphOfEveryOperator()
        let operators = [
            "linear", "convolution", "matrixProduct", "elementwise", "activation", "softmax", "layerNormalization",
            "reduction", "reshape", "transpose", "slice", "concatenation", "expansion", "neuron", "parametricActivation",
            "rmsNormalization", "pooling", "argMaximum", "cumulativeSum", "triangle", "selection", "gather",
            "gatherElements", "gatherND", "padding", "transposedConvolution", "resize", "topK", "quantization",
            "trainedActivation",
        ]
        #expect(Set(graph.nodes.compactMap { $0.operation?.name }) == Set(operators))
        let json = try encode(graph)
        let copy = try decode(json, constants: graph.constants)
        #expect(copy == graph)
        #expect(copy.siteNames.values.contains("blocks.0.in"))
        #expect(try encode(copy) == json)
    }

    @Test func theSampleGraphsSurviveTheirFiles() throws {
        for (name, graph) in try SampleGraphs.all() {
            #expect(try decode(encode(graph), constants: graph.constants) == graph, "\(name)")
        }
    }

    @Test func everyFunctionSurvivesItsFile() throws {
        let functions: [Operator] =
            UnaryFunction.allCases.map { .activation(Activation($0)) }
            + BinaryFunction.allCases.map { .elementwise(Elementwise($0)) }
            + Reduction.Function.allCases.map { .reduction(Reduction($0, axes: [0], keepsAxes: $0 == .sum)) }
            + ParametricActivation.Function.allCases.map { .parametricActivation(ParametricActivation($0, parameters: [1])) }
            + [.clip, .symmetricClip, .steps(.init(3, shift: 0.5)), .slip(.init(2), slope: 0.5, shift: 0), .gradedSteps(20)].map {
                .trainedActivation(TrainedActivation($0, scales: [0.1]))
            }
            + Padding.Mode.allCases.map { .padding(Padding($0, amounts: [[1, -2]], value: 0.5)) }
        let json = try JSONEncoder().encode(functions)
        #expect(try JSONDecoder().decode([Operator].self, from: json) == functions)
    }

    @Test(arguments: [
        #"{"op":"magic"}"#, #"{"axes":[1]}"#, #"{"op":"slice","axis":1}"#, #"{"op":"activation","function":"sinh"}"#,
        #"{"op":"slice","axis":1,"start":0,"length":1,"step":"1"}"#,
        #"{"op":"slice","axis":1e300,"start":0,"length":1}"#, #"{"op":"transpose","permutation":[0.5]}"#, "[]", "null",
    ])
    func operatorsThatCannotBeReadAreErrors(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Operator.self, from: Data(json.utf8)) }
    }

    @Test func aSliceWithoutAStepGoesForward() throws {
        let json = #"{"op":"slice","axis":1,"start":2,"length":3}"#
        #expect(
            try JSONDecoder().decode(Operator.self, from: Data(json.utf8)) == .slice(Slicing(axis: 1, start: 2, length: 3, step: 1)))
    }

    /// Absurd numbers and broken structure at every place: each result is an error or a graph that keeps its rules.
    @Test(arguments: [smallGraph, smallGraphOfWindows]) func noChangeOfAnyByteCrashes(make: @Sendable () throws -> Graph) throws {
        let graph = try make()
        let json = try encode(graph)
        #expect(try decode(json, constants: graph.constants) == graph)
        let changes: [[UInt8]] =
            ["", "0", "7", "-", "\"", "N", "}", "]", ",", "99999999999", "-1", "4611686018427387904"].map {
                Array($0.utf8)
            } + [[0], [0xFF]]
        var (refused, accepted) = (0, 0)
        for position in json.indices {
            for change in changes {
                var changed = json
                changed.replaceSubrange(position..<position + 1, with: change)
                do {
                    let read = try decode(changed, constants: graph.constants)
                    try exercise(read)
                    accepted += 1
                } catch is DecodingError {
                    refused += 1
                } catch is GraphError {
                    refused += 1
                } catch is Missing {
                    refused += 1
                }
            }
        }
        // Most changes break something; some (of a name, or of an attribute that nothing depends on) do not.
        #expect(refused > 10 * accepted && accepted > 0)
    }

    /// A graph that was accepted must be usable.
    private func exercise(_ graph: Graph) throws {
        try GraphVerifier.verify(graph)
        let elements = graph.nodes.reduce(0) { $0 + $1.shape.perSample.count }
        guard elements < 100_000 else { return }
        #expect(graph.multiplyAccumulates.allSatisfy { $0 >= 0 })
        let inputs = SampleGraphs.inputs(for: graph, batch: 2, seed: 3)
        let outputs = try Evaluator(graph).run(inputs)
        for output in graph.outputs { #expect(outputs[output.name]?.shape == graph[output.value].shape.resolved(batch: 2)) }
    }
}
