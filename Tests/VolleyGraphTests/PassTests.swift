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

    private typealias Pass = @Sendable (Graph) throws -> Graph
    private static let passes: [(name: String, apply: Pass)] = [
        ("FoldConstants", { try FoldConstants.apply(to: $0) }), ("RemoveUnusedNodes", { try RemoveUnusedNodes.apply(to: $0) }),
    ]

    @Test func outputsKeepTheirBitsAndASecondTimeChangesNothing() throws {
        var graphs = try SampleGraphs.all()
        graphs.append(("every operator", try graphOfEveryOperator()))
        graphs.append(("with work", try graphWithWork()))
        for (name, graph) in graphs {
            let inputs = SampleGraphs.inputs(for: graph, batch: 3, seed: 31)
            let expected = try Evaluator(graph).run(inputs)
            for pass in Self.passes {
                let changed = try pass.apply(graph)
                try GraphVerifier.verify(changed)
                #expect(try Evaluator(changed).run(inputs) == expected, "\(pass.name) of \(name)")
                #expect(try pass.apply(changed) == changed, "\(pass.name) of \(name)")
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

    @Test func siteNamesFollowTheirValues() throws {
        for pass in Self.passes {
            let changed = try pass.apply(graphWithWork())
            let y = try #require(changed.node(named: "y"))
            #expect(changed.siteNames == [y: "named"], "\(pass.name)")
        }
    }
}
