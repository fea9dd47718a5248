import Testing
import VolleyGraph
import VolleyONNX
import VolleyTensors

/// Rows written in place, where the batch is free.
@Suite struct ScatterTests {
    private func sketch(batch: ModelSketch.Length, _ row: [Int], width: Int) -> ModelSketch {
        var sketch = ModelSketch()
        sketch.input("x", [batch, 3, 2])
        sketch.integers("zero", [0])
        sketch.integers("flat", [-1, 2])
        sketch.initializer(ModelSketch.integerTensor("row", [1, width], row))
        sketch.node("Gather", ["x", "zero"], ["first"], [("axis", .int(1))])
        sketch.node("Reshape", ["first", "flat"], ["news"])
        sketch.node("ScatterND", ["x", "row", "news"], ["y"], name: "write")
        sketch.output("y")
        return sketch
    }

    /// `x[0, 2] = x[0, 0]` of the only sample is `x[:, 2] = x[:, 0]` of each.
    @Test func theOnlySampleOfAFixedBatchStandsForAll() throws {
        let model = try sketch(batch: 1, [0, 2], width: 2).load()
        let y = try Evaluator(model.graph).run(["x": Tensor([2, 3, 2], (0..<12).map { Float($0) })])["y"]
        #expect(y == Tensor([2, 3, 2], [0, 1, 2, 3, 0, 1, 6, 7, 8, 9, 6, 7]))
        #expect(model.graph.nodes.allSatisfy { $0.operation.map { ["slice", "concatenation", "reshape"].contains($0.name) } ?? true })
    }

    @Test func singleSamplesOfAFreeBatchAreNotWrittenTo() {
        let failure = sketch(batch: "b", [0, 2], width: 2).failure()
        #expect(failure?.code == .unsupported && failure?.node == "write")
        #expect(failure?.message.contains("single samples of the batch") == true)
    }

    @Test func placesMustExist() {
        let failure = sketch(batch: 4, [0, 3], width: 2).failure()
        #expect(failure?.code == .shapeMismatch && failure?.message.contains("no position 3 in an axis of 3") == true)
    }

    @Test func computedPlacesAreNamedAsWhatIsMissing() {
        var sketch = ModelSketch()
        sketch.input("x", ["b", 3])
        sketch.node("ArgMax", ["x"], ["best"], [("axis", .int(1)), ("keepdims", .int(1))])
        sketch.node("ScatterElements", ["x", "best", "x"], ["y"], name: "mark", [("axis", .int(1))])
        sketch.output("y")
        let failure = sketch.failure()
        #expect(failure?.code == .unsupported && failure?.node == "mark" && failure?.message.contains("must be known at import") == true)
    }
}
