import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

@Suite struct PassTests {
    /// A network with constants to fold, a value that nobody reads and an input that nobody reads.
    private func graphWithWork() throws -> Graph {
        var random = SeededGenerator(seed: 30)
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch, 6])
        _ = try builder.input("unread", shape: [.batch, 2])
        let stored = try builder.constant("stored", random.normalTensor([6, 5]))
        let weight = try builder.add("weight", .transpose(Transpose([1, 0])), [stored])
        let scale = try builder.constant("scale", random.normalTensor([5, 1]))
        let scaled = try builder.add("scaled", .elementwise(Elementwise(.multiply)), [weight, scale])
        let y = try builder.add("y", .linear(Linear()), [x, scaled])
        builder.nameSite(on: y, "named")
        _ = try builder.add("unused", .activation(Activation(.exp)), [y])
        _ = try builder.constant("unused.constant", Tensor([3]))
        let token = try builder.constant("token", random.normalTensor([1, 5]))
        let repeated = try builder.add("repeated", .expansion(Expansion(to: [.batch, 5])), [token])
        builder.output("out", try builder.add("out", .elementwise(Elementwise(.add)), [y, repeated]))
        return try builder.build()
    }

    /// A graph `x [N, 3, 8]` → … → "y", which a neuron site is named on.
    private func graph(_ expression: (inout GraphBuilder, _ x: NodeID) throws -> NodeID) throws -> Graph {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch, 3, 8])
        let y = try expression(&builder, x)
        builder.nameSite(on: y, "named")
        builder.output("out", try builder.add("out", .activation(Activation(.relu)), [y]))
        return try builder.build()
    }

    /// By pass, a graph on which it has something to do, and the operators that it leaves.
    private func work(for pass: String) throws -> (graph: Graph, left: [String])? {
        func number(_ name: String, _ value: Float, _ builder: inout GraphBuilder) throws -> NodeID {
            try builder.constant(name, Tensor(scalar: value))
        }
        /// 1/√(mean of squares + ε)
        func inverseRoot(_ squares: NodeID, _ builder: inout GraphBuilder) throws -> NodeID {
            let mean = try builder.add("mean.squares", .reduction(Reduction(.mean, axes: [2], keepsAxes: true)), [squares])
            let raised = try builder.add("raised", .elementwise(Elementwise(.add)), [mean, number("epsilon", 1e-5, &builder)])
            return try builder.add("inverse", .activation(Activation(.reciprocal)), [builder.add("root", .activation(Activation(.sqrt)), [raised])])
        }
        switch pass {
        case "FoldConstants": return (try graphWithWork(), ["linear", "expansion", "elementwise"])
        case "RemoveUnusedNodes": return (try graphWithWork(), ["transpose", "elementwise", "linear", "expansion", "elementwise"])
        case "LiftLayerNormalization":
            let graph = try graph { builder, x in
                let mean = try builder.add("mean", .reduction(Reduction(.mean, axes: [2], keepsAxes: true)), [x])
                let centred = try builder.add("centred", .elementwise(Elementwise(.subtract)), [x, mean])
                let squares = try builder.add("squares", .elementwise(Elementwise(.multiply)), [centred, centred])
                return try builder.add("y", .elementwise(Elementwise(.multiply)), [centred, inverseRoot(squares, &builder)])
            }
            return (graph, ["layerNormalization", "activation"])
        case "LiftRMSNormalization":
            let graph = try graph { builder, x in
                let squares = try builder.add("squares", .elementwise(Elementwise(.multiply)), [x, x])
                return try builder.add("y", .elementwise(Elementwise(.multiply)), [x, inverseRoot(squares, &builder)])
            }
            return (graph, ["rmsNormalization", "activation"])
        case "LiftGatedActivations":
            let graph = try graph { builder, x in
                try builder.add("y", .elementwise(Elementwise(.multiply)), [x, builder.add("gate", .activation(Activation(.sigmoid)), [x])])
            }
            return (graph, ["activation", "activation"])
        case "LiftTrainedActivations":
            let graph = try graph { builder, x in
                let scaled = try builder.add("scaled", .elementwise(Elementwise(.divide)), [x, number("bound", 0.5, &builder)])
                let steps = try builder.add("steps", .elementwise(Elementwise(.multiply)), [scaled, number("count", 4, &builder)])
                let rounded = try builder.add("rounded", .activation(Activation(.floor)), [steps])
                let part = try builder.add("part", .elementwise(Elementwise(.divide)), [rounded, number("divisor", 4, &builder)])
                let clip = ParametricActivation(.clip, parameters: [0, 1])
                let cut = try builder.add("cut", .parametricActivation(clip), [part])
                return try builder.add("y", .elementwise(Elementwise(.multiply)), [cut, number("factor", 0.5, &builder)])
            }
            return (graph, ["trainedActivation", "activation"])
        case "LiftLinear":
            let graph = try graph { builder, x in
                try builder.add("y", .matrixProduct(MatrixProduct()), [x, builder.constant("matrix", randomTensor([8, 5], seed: 31))])
            }
            return (graph, ["linear", "activation"])
        case "FoldScaleAndShift":
            let graph = try graph { builder, x in
                let layer = try builder.add("layer", .linear(Linear()), [x, builder.constant("weight", randomTensor([5, 8], seed: 32))])
                return try builder.add("y", .elementwise(Elementwise(.multiply)), [layer, builder.constant("scale", randomTensor([5], seed: 33))])
            }
            return (graph, ["linear", "activation"])
        case "FoldPadding":
            let graph = try graph { builder, x in
                let image = try builder.add("image", .reshape(Reshape(to: [.batch, 3, 2, 4])), [x])
                let padded = try builder.add("padded", .padding(Padding(amounts: [[0, 0], [0, 0], [0, 1], [1, 1]])), [image])
                let weight = try builder.constant("weight", randomTensor([5, 3, 3, 3], seed: 35))
                return try builder.add("y", .convolution(Convolution(stride: [2, 2], padding: [[1, 0], [0, 0]])), [padded, weight])
            }
            return (graph, ["reshape", "convolution", "activation"])
        default: return nil
        }
    }

    /// Values of size 10 at most, computed in another order.
    private static let roundingTolerance: Float = 1e-4

    private func expectSameOutputs(_ changed: Graph, _ graph: Graph, _ comment: Comment) throws {
        try GraphVerifier.verify(changed)
        let inputs = SampleGraphs.inputs(for: graph, batch: 3, seed: 31)
        let (found, expected) = (try Evaluator(changed).run(inputs), try Evaluator(graph).run(inputs))
        #expect(found.keys.sorted() == expected.keys.sorted(), comment)
        for (output, value) in expected { #expect(Difference(found[output], value).absolute <= Self.roundingTolerance, comment) }
    }

    @Test(arguments: GraphPasses.all.map(\.name)) func eachPassDoesItsWork(_ name: String) throws {
        let pass = try #require(GraphPasses.all.first { $0.name == name })
        let (graph, left) = try #require(try work(for: name), "no graph shows what \(name) does")
        let changed = try pass.apply(graph)
        #expect(changed.nodes.compactMap { $0.operation?.name } == left)
        #expect(changed != graph)
        #expect(try pass.apply(changed) == changed)
        try expectSameOutputs(changed, graph, "\(name)")
        let y = try #require(changed.node(named: "y"))
        #expect(changed.siteNames == [y: "named"], "site names follow their values")
        #expect(try Evaluator(changed).run(SampleGraphs.inputs(for: graph, batch: 2, seed: 34))["out"]!.values.contains { $0 > 0 })
    }

    /// All passes, one after the other, on networks of every kind.
    @Test func allPassesTogetherKeepTheOutputs() throws {
        var graphs = try SampleGraphs.all() + [("every operator", try graphOfEveryOperator())]
        for pass in GraphPasses.all { graphs.append(("work for \(pass.name)", try #require(try work(for: pass.name)).graph)) }
        for (name, graph) in graphs {
            var changed = graph
            for pass in GraphPasses.all {
                changed = try pass.apply(changed)
                #expect(try pass.apply(changed) == changed, "\(pass.name) of \(name)")
                try expectSameOutputs(changed, graph, "\(pass.name) of \(name)")
                #expect(try GraphPasses.apply(to: graph, through: pass.name) == changed)
            }
            #expect(try GraphPasses.apply(to: graph) == changed)
        }
        #expect(throws: GraphError.self) { try GraphPasses.apply(to: graphOfEveryOperator(), through: "Magic") }
    }

    /// Constants are computed and nodes dropped without changing a bit.
    @Test func foldingConstantsChangesNoBit() throws {
        for (name, graph) in try SampleGraphs.all() + [("every operator", graphOfEveryOperator()), ("with work", graphWithWork())] {
            let inputs = SampleGraphs.inputs(for: graph, batch: 3, seed: 31)
            for pass in GraphPasses.all where ["FoldConstants", "RemoveUnusedNodes"].contains(pass.name) {
                #expect(try Evaluator(pass.apply(graph)).run(inputs) == Evaluator(graph).run(inputs), "\(pass.name) of \(name)")
            }
        }
    }

    @Test func foldingEvaluatesWhatReadsConstantsOnly() throws {
        let graph = try graphWithWork()
        let folded = try FoldConstants.apply(to: graph)
        #expect(folded.nodes.map(\.name) == ["x", "unread", "scaled", "y", "token", "repeated", "out"])
        let scaled = try #require(folded.node(named: "scaled"))
        let constants = graph.constants
        let expected = try evaluate(
            .elementwise(Elementwise(.multiply)),
            [try evaluate(.transpose(Transpose([1, 0])), [constants["stored"]!]), constants["scale"]!])
        #expect(folded[scaled].constant == expected)
    }

    @Test func unusedNodesGoAndInputsStay() throws {
        let cleaned = try RemoveUnusedNodes.apply(to: graphWithWork())
        let names = cleaned.nodes.map(\.name)
        #expect(
            names == ["x", "unread", "stored", "weight", "scale", "scaled", "y", "token", "repeated", "out"])
    }
}
