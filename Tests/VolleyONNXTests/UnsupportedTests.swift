import Testing
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

/// All that is not supported is said at once, however early an import stops at it.
@Suite struct UnsupportedTests {
    /// `x` [N, 2, 4, 4].
    private func sketch() -> ModelSketch {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 2, 4, 4])
        sketch.integers("amounts", [0, 0, 0, 0, 0, 0, 1, 1])
        return sketch
    }

    @Test func attributesBesideUnknownOperators() throws {
        var sketch = sketch()
        sketch.node("Pad", ["x", "amounts"], ["a"], name: "pad1", [("mode", .text("spiral"))])
        sketch.node("Magic", ["a"], ["b"], name: "magic", domain: "own")
        sketch.node("Relu", ["b"], ["c"], name: "relu")
        sketch.node("Pad", ["c", "amounts"], ["d"], name: "pad2", [("mode", .text("spiral"))])
        sketch.node("MaxPool", ["d"], ["e"], name: "pool", [("kernel_shape", .ints([2, 2])), ("auto_pad", .text("SIDEWAYS"))])
        sketch.node("Det", ["e"], ["y"], name: "det")
        sketch.output("y")
        let failure = try #require(sketch.failure())
        #expect(failure.code == .unsupportedOperators)
        #expect(
            Set(failure.operators) == [
                .init(name: "Det", nodes: ["det"]), .init(name: "own::Magic", nodes: ["magic"]),
                .init(name: "Pad", nodes: ["pad1", "pad2"], reason: "its mode is \"spiral\""),
                .init(name: "MaxPool", nodes: ["pool"], reason: "its padding is \"SIDEWAYS\""),
            ])
        for text in ["Det, 1 × (\"det\")", "Pad, 2 × (\"pad1\", \"pad2\"): its mode is \"spiral\"", "own::Magic, 1 ×"] {
            #expect(failure.description.contains(text), "\(failure)")
        }
    }

    @Test func oneAloneIsSaidAlone() throws {
        var sketch = sketch()
        sketch.node("Pad", ["x", "amounts"], ["y"], name: "pad", [("mode", .text("spiral"))])
        sketch.output("y")
        let failure = try #require(sketch.failure())
        #expect(failure.code == .unsupported && failure.node == "pad" && failure.operators.isEmpty)
    }

    /// What only follows from another node's fault is none of its own.
    @Test func consequencesAreNotListed() throws {
        var sketch = sketch()
        sketch.node("Magic", ["x"], ["shape"], name: "magic", domain: "own")
        sketch.node("Reshape", ["x", "shape"], ["a"], name: "reshape")
        sketch.node("Conv", ["a", "shape"], ["y"], name: "convolution")
        sketch.output("y")
        #expect(try #require(sketch.failure()).operators == [.init(name: "own::Magic", nodes: ["magic"])])
    }

    @Test func valuesThatMustBeKnownAreCounted() throws {
        var sketch = sketch()
        sketch.input("shape", [4], type: 7)
        sketch.node("Expand", ["x", "shape"], ["a"], name: "one")
        sketch.node("Expand", ["a", "shape"], ["y"], name: "two")
        sketch.output("y")
        let failure = try #require(sketch.failure())
        #expect(failure.operators.map(\.nodes) == [["one", "two"]])
        #expect(failure.description.contains("Expand, 2 ×") && failure.description.contains("must be known at import"))
    }

    @Test func insideFunctionsAndBeforeOpenShapes() throws {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", "length"])
        sketch.function("Block", domain: "own", inputs: ["a"], outputs: ["b"], nodes: [ModelSketch.node("Magic", ["a"], ["b"], name: "magic")])
        sketch.node("Block", ["x"], ["y"], name: "block", domain: "own")
        sketch.output("y")
        #expect(sketch.failure()?.operators.map(\.name) == ["Magic"])
        #expect(sketch.failure(shapes: ["x": [1, 4]])?.operators == [.init(name: "Magic", nodes: ["block/magic"])])
    }
}
