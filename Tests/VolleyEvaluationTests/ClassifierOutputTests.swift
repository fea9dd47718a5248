import Testing
import VolleyEvaluation
import VolleyGraph
import VolleySpiking
import VolleyTensors

@Suite struct ClassifierOutputTests {
    /// A network with outputs of these shapes, made of one input `[N, 24]`.
    private func graph(_ outputs: [(String, SymbolicShape)]) throws -> Graph {
        var builder = GraphBuilder()
        let input = try builder.input("x", shape: [.batch, 24])
        for (name, shape) in outputs {
            let part = shape.dimensions.filter { !$0.scalesWithBatch }.map(\.size).reduce(1, *)
            let slice = try builder.add(name + ".slice", .slice(Slicing(axis: 1, start: 0, length: part)), [input])
            builder.output(name, try builder.add(name + ".shape", .reshape(Reshape(to: shape)), [slice]))
        }
        return try builder.build()
    }

    @Test func theOnlyOneThatFitsIsTaken() throws {
        let output = try ClassifierOutput(of: graph([("features", [.batch, 2, 3]), ("answer", [.batch, 5]), ("score", [.batch, 1])]))
        #expect(output.name == "answer" && output.classes == 5)
    }

    @Test func oneOfSeveralHasToBeNamed() throws {
        let graph = try graph([("logits", [.batch, 5]), ("distilled", [.batch, 7]), ("features", [.batch, 2, 3])])
        let error = #expect(throws: SpikingError.self) { try ClassifierOutput(of: graph) }
        for text in ["\(Remedy(.output, "logits"))", "\(Remedy(.output, "distilled"))", "logits [N, 5]", "features [N, 2, 3]"] {
            #expect(error?.message.contains(text) == true, "\(text)")
        }
        #expect(try ClassifierOutput(of: graph, named: "logits").classes == 5)
        #expect(try ClassifierOutput(of: graph, named: "distilled").classes == 7)
        for name in ["features", "nowhere"] {
            let error = #expect(throws: SpikingError.self) { try ClassifierOutput(of: graph, named: name) }
            #expect(error?.message.contains("'\(name)'") == true && error?.message.contains("distilled [N, 7]") == true)
        }
    }

    /// Of a single class every answer would be right.
    @Test func oneClassIsNoClassifier() throws {
        let error = #expect(throws: SpikingError.self) { try ClassifierOutput(of: graph([("score", [.batch, 1])])) }
        #expect(error?.message.contains("score [N, 1]") == true)
    }
}
