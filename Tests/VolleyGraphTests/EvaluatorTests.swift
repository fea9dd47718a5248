import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

@Suite struct EvaluatorTests {
    @Test func eachSampleIsTheSameInEveryBatch() throws {
        for (name, graph) in try SampleGraphs.all() {
            let evaluator = Evaluator(graph)
            let inputs = SampleGraphs.inputs(for: graph, batch: 8, seed: 40)
            let whole = try evaluator.run(inputs)
            for size in [1, 3] {
                for start in stride(from: 0, to: 8, by: size) {
                    let range = start..<min(8, start + size)
                    let part = try evaluator.run(inputs.mapValues { $0.rows(range) })
                    for (output, value) in part {
                        #expect(value == whole[output]?.rows(range), "\(name) \(output), samples \(range)")
                    }
                }
            }
        }
    }

    @Test func everySetOfKernelsGivesTheSameBits() throws {
        for (name, graph) in try SampleGraphs.all() {
            let inputs = SampleGraphs.inputs(for: graph, batch: 2, seed: 41)
            let expected = try Evaluator(graph, kernels: Kernels.available[0]).run(inputs)
            for kernels in Kernels.available.dropFirst() {
                #expect(try Evaluator(graph, kernels: kernels).run(inputs) == expected, "\(name) on \(kernels.name)")
            }
        }
    }

    @Test func anEmptyBatchGivesEmptyOutputs() throws {
        for (name, graph) in try SampleGraphs.all() {
            for (output, value) in try Evaluator(graph).run(SampleGraphs.inputs(for: graph, batch: 0, seed: 1)) {
                #expect(value.count == 0 && value.shape[0] == 0, "\(name) \(output)")
            }
        }
    }

    @Test func observesEveryComputedValueInOrder() throws {
        let graph = try SampleGraphs.gatedMLP()
        var names: [String] = []
        var shapesAgree = true
        var last = Tensor.empty
        let outputs = try Evaluator(graph).run(SampleGraphs.inputs(for: graph, batch: 2, seed: 42)) { node, value in
            names.append(node.name)
            shapesAgree = shapesAgree && value.shape == node.shape.resolved(batch: 2)
            last = value
        }
        #expect(names == graph.nodes.filter { $0.operation != nil }.map(\.name))
        #expect(shapesAgree)
        #expect(outputs["logits"] == last)
    }

    @Test func errorsOfTheObserverPass() throws {
        struct Enough: Error {}
        let graph = try smallGraph()
        #expect(throws: Enough.self) {
            try Evaluator(graph).run(["x": Tensor([1, 1, 2, 3])]) { _, _ in throw Enough() }
        }
    }

    @Test func inputsAndConstantsMayBeOutputs() throws {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch])
        let c = try builder.constant("c", Tensor([2], [1, 2]))
        builder.output("x", x)
        builder.output("again", x)
        builder.output("c", c)
        let x3 = Tensor([3], [4, 5, 6])
        #expect(try Evaluator(builder.build()).run(["x": x3]) == ["x": x3, "again": x3, "c": Tensor([2], [1, 2])])
    }

    struct Misfit: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var code: GraphError.Code = .badInput
        var inputs: [String: Tensor]
        var names: [String]
    }

    // The network takes "tokens" [N, 5, 12] and "mask" [N, 1, 5].
    private static let misfits = [
        Misfit(testDescription: "nothing", inputs: [:], names: ["tokens", "none"]),
        Misfit(testDescription: "one missing", inputs: ["tokens": Tensor([2, 5, 12])], names: ["mask", "[N, 1, 5]", "tokens"]),
        Misfit(
            testDescription: "unknown",
            inputs: ["tokens": Tensor([2, 5, 12]), "mask": Tensor([2, 1, 5]), "extra": Tensor([1])],
            names: ["extra", "tokens", "mask"]),
        Misfit(
            testDescription: "another rank", inputs: ["tokens": Tensor([5, 12]), "mask": Tensor([1, 1, 5])],
            names: ["tokens", "[N, 5, 12]", "[5, 12]"]),
        Misfit(
            testDescription: "another length", inputs: ["tokens": Tensor([2, 5, 13]), "mask": Tensor([2, 1, 5])],
            names: ["[N, 5, 12]", "[2, 5, 13]"]),
        Misfit(
            testDescription: "two batch sizes", inputs: ["tokens": Tensor([2, 5, 12]), "mask": Tensor([3, 1, 5])],
            names: ["mask", "2", "3"]),
        Misfit(
            testDescription: "NaN", code: .notFinite,
            inputs: ["tokens": Tensor([2, 5, 12]), "mask": Tensor([2, 1, 5], repeating: .nan)], names: ["mask"]),
        Misfit(
            testDescription: "infinity", code: .notFinite,
            inputs: ["tokens": Tensor([2, 5, 12], repeating: .infinity), "mask": Tensor([2, 1, 5])], names: ["tokens"]),
    ]

    @Test(arguments: misfits) func inputsThatDoNotFitAreErrors(misfit: Misfit) throws {
        let evaluator = Evaluator(try SampleGraphs.twoInputs())
        let error = #expect(throws: GraphError.self) { try evaluator.run(misfit.inputs) }
        #expect(error?.code == misfit.code)
        for name in misfit.names { #expect(error?.description.contains(name) == true, "\(error?.description ?? "")") }
    }

    @Test func theBatchSizeOfAMultipleMustDivide() throws {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [SymbolicLength(4, scalesWithBatch: true)])
        builder.output("y", try builder.add("y", .reshape(Reshape(to: [.batch, 4])), [x]))
        let evaluator = Evaluator(try builder.build())
        #expect(try evaluator.run(["x": Tensor([8])])["y"]?.shape == [2, 4])
        #expect(throws: GraphError.self) { try evaluator.run(["x": Tensor([9])]) }
    }

    @Test func theFirstNodeWithABadValueIsNamed() throws {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch])
        let fine = try builder.add("fine", .activation(Activation(.tanh)), [x])
        let root = try builder.add("root", .activation(Activation(.sqrt)), [fine])
        builder.output("out", try builder.add("after", .activation(Activation(.exp)), [root]))
        var evaluator = Evaluator(try builder.build())
        let inputs = ["x": Tensor([2], [1, -1])]
        #expect(try evaluator.run(inputs)["out"]?.values[1].isNaN == true)
        evaluator.checksValues = true
        let error = #expect(throws: GraphError.self) { try evaluator.run(inputs) }
        #expect(error?.code == .notFinite)
        #expect(error?.node == "root")
    }
}
