import Testing
import VolleyFormats
import VolleyGraph
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

/// What ONNX Runtime takes although the file is loose: by value against it (Fixtures/onnx-leniency).
@Suite struct LeniencyTests {
    /// Sums of 15 products at most, in another order.
    private static let tolerance: Float = 1e-5

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        /// By input, what the file leaves open.
        var shapes: [String: [Int]] = [:]

        var testDescription: String { name }
    }

    static let cases = [
        // Lengths of −1.
        Case(name: "negative", shapes: ["x": [1, 3, 5]]),
        // One "?" for the batch and for two lengths that differ.
        Case(name: "question", shapes: ["a": [1, 3, 5], "b": [1, 4, 5]]),
        // Empty names, and no names.
        Case(name: "unnamed", shapes: ["a": [1, 3, 5], "b": [1, 4, 5]]),
        // One proper name for two lengths that differ.
        Case(name: "symbol", shapes: ["a": [1, 3, 5], "b": [1, 4, 5]]),
        // Ends of 10⁹, 2³¹ − 1, 2³¹, 2⁶² and 2⁶³ − 1, starts of −2⁶³, both backwards, on the batch too.
        Case(name: "slices"),
        // The same as attributes.
        Case(name: "attributes"),
        Case(name: "shape"),
    ]

    @Test(arguments: cases) func equalsONNXRuntime(of item: Case) throws {
        let folder = Fixture.path("onnx-leniency")
        let model = try ONNXModel.load("\(folder)/\(item.name).onnx", inputShapes: item.shapes)
        let archive = try NpzArchive(path: "\(folder)/\(item.name).in.npz")
        let expected = try NpzArchive(path: "\(folder)/\(item.name).out.npz").array("y").tensor
        let names = model.graph.inputs.map { model.graph[$0].name }
        let inputs = try Dictionary(uniqueKeysWithValues: names.map { ($0, try archive.array($0).tensor) })
        let y = try #require(try Evaluator(model.graph).run(inputs)["y"])
        try #require(y.shape == expected.shape)
        #expect(zip(y.values, expected.values).allSatisfy { abs($0 - $1) <= Self.tolerance })
        #expect(expected.values.contains { $0 != 0 })
    }

    @Test func openLengthsAreAskedFor() {
        for length in [ModelSketch.Length.size(-1), "?", "", "None", "unknown"] {
            var sketch = ModelSketch()
            sketch.input("x", [length, length, 3])
            sketch.node("Relu", ["x"], ["y"])
            sketch.output("y")
            #expect(sketch.failure()?.code == .openShape)
            #expect(sketch.failure()?.remedies == [Remedy(.inputShapes, "x=1,?,3")])
            #expect(sketch.failure(shapes: ["x": [1, 2, 3]]) == nil)
        }
    }

    @Test func aNameThatIsTheBatchStaysFree() throws {
        var sketch = ModelSketch()
        sketch.input("x", ["N", 3])
        sketch.input("pairs", ["N", "N"])
        sketch.node("MatMul", ["pairs", "x"], ["y"])
        sketch.output("y")
        let model = try sketch.load()
        #expect(model.graph[model.graph.inputs[1]].shape == [.batch, .batch])
    }

    @Test func slicesThatCutTheBatchAreRefused() {
        for (start, end) in [(0, 2), (1, Int.max), (-2, Int.max), (0, 999_999_999)] {
            var sketch = ModelSketch()
            sketch.input("x", ["batch", 3])
            for (name, value) in [("start", start), ("end", end)] { sketch.integers(name, [value]) }
            sketch.node("Slice", ["x", "start", "end"], ["y"])
            sketch.output("y")
            #expect(sketch.failure()?.code == .unsupported, "\(start) to \(end)")
        }
    }
}
