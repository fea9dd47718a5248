import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

@Suite struct SampleGraphTests {
    @Test(arguments: [1, 3]) func evaluatesToFiniteValuesThatDependOnTheInput(batch: Int) throws {
        for (name, graph) in try SampleGraphs.all() {
            try GraphVerifier.verify(graph)
            var evaluator = Evaluator(graph)
            evaluator.checksValues = true
            let first = try evaluator.run(SampleGraphs.inputs(for: graph, batch: batch, seed: 5))
            let second = try evaluator.run(SampleGraphs.inputs(for: graph, batch: batch, seed: 6))
            #expect(Set(first.keys) == Set(graph.outputs.map(\.name)), "\(name)")
            #expect(first["logits"]?.shape[0] == batch, "\(name)")
            #expect(first["logits"] != second["logits"], "\(name)")
        }
    }

    @Test func theSameSeedMakesTheSameGraph() throws {
        #expect(try SampleGraphs.transformer() == SampleGraphs.transformer())
        #expect(try SampleGraphs.transformer(seed: 8) != SampleGraphs.transformer())
    }

    @Test func maskedPositionsGetNoAttention() throws {
        let graph = try SampleGraphs.twoInputs()
        let inputs = SampleGraphs.inputs(for: graph, batch: 4, seed: 7)
        let mask = try #require(inputs["mask"])
        let attention = try #require(try Evaluator(graph).run(inputs)["attention"])
        #expect(mask.values.contains(SampleGraphs.maskedOut))
        for sample in 0..<4 {
            for row in 0..<5 {
                for column in 0..<5 {
                    #expect((attention[sample, row, column] == 0) == (mask[sample, 0, column] != 0))
                }
            }
        }
    }
}
