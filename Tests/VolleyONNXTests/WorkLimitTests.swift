import Testing
import VolleyGraph
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

/// Small files that ask for much: refused before anything is made, or done in no time. Each of them took minutes or gigabytes, or
/// overflowed, where one limit was missing.
@Suite(.timeLimit(.minutes(1))) struct WorkLimitTests {
    @Test(arguments: ["gather_huge", "r_range_i", "range_mem", "s2s_mid", "z_concat_a", "z_flatten_a"])
    func filesFromTheField(name: String) throws {
        do {
            _ = try ONNXModel.load(Fixture.path("onnx-leniency/hostile/\(name).onnx"))
        } catch {
            #expect(error is ONNXError)
        }
    }

    private func base() -> ModelSketch {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 4])
        return sketch
    }

    private func tooLarge(_ sketch: ModelSketch, _ what: Comment) {
        let failure = sketch.failure()
        #expect(failure?.code == .tooLarge, what)
        #expect((failure?.description.count ?? 0) < 10_000, what)
    }

    /// A sketch that adds up what a node makes and ends in y.
    private func ending(_ sketch: ModelSketch, _ value: String) -> ModelSketch {
        var sketch = sketch
        sketch.node("Size", [value], ["size"])
        sketch.node("Cast", ["size"], ["float"], [("to", .int(1))])
        sketch.node("Add", ["x", "float"], ["y"])
        sketch.output("y")
        return sketch
    }

    @Test func valuesThatDouble() {
        for name in ["Concat", "Tile", "Expand"] {
            var sketch = base()
            sketch.integers("v0", [1, 2, 3, 4])
            sketch.integers("two", [2])
            for step in 0..<40 {
                switch name {
                case "Concat": sketch.node("Concat", ["v\(step)", "v\(step)"], ["v\(step + 1)"], [("axis", .int(0))])
                case "Tile": sketch.node("Tile", ["v\(step)", "two"], ["v\(step + 1)"])
                default:
                    sketch.integers("shape\(step)", [1 << min(step, 28), 4])
                    sketch.node("Expand", ["v0", "shape\(step)"], ["v\(step + 1)"])
                }
            }
            tooLarge(ending(sketch, "v40"), "\(name)")
        }
    }

    @Test(arguments: ["Cast", "Neg", "Not", "Exp", "Transpose", "NonZero", "ReduceMax", "Reshape"])
    func longChains(operator name: String) {
        var sketch = base()
        sketch.integers("shape", [1 << 11, 1 << 11])
        sketch.node("ConstantOfShape", ["shape"], ["v0"], [("value", .tensor(ModelSketch.integerTensor("value", [1], [1])))])
        for step in 0..<2000 {
            let input = name == "NonZero" || name == "ReduceMax" ? "v0" : "v\(step)"
            let attributes: [(String, ModelSketch.Attribute)] = name == "Cast" ? [("to", .int(step % 2 == 0 ? 7 : 9))] : []
            sketch.node(name, name == "Reshape" ? [input, "shape"] : [input], ["v\(step + 1)"], attributes)
            sketch.node("Size", ["v\(step + 1)"], ["s\(step)"])
        }
        sketch.node("Concat", (0..<2000).map { "s\($0)" }.map { $0 + "u" }, ["all"], [("axis", .int(0))])
        sketch.integers("zero", [0])
        for step in 0..<2000 { sketch.node("Unsqueeze", ["s\(step)", "zero"], ["s\(step)u"]) }
        let result = ending(sketch, "all")
        // What only takes a shape over may pass; what computes may not.
        if name != "Reshape" { tooLarge(result, "\(name)") } else { _ = result.failure() }
    }

    @Test func productsOfConstants() {
        var sketch = base()
        sketch.integers("shape", [1 << 12, 1 << 12])
        sketch.node("ConstantOfShape", ["shape"], ["v0"])
        for step in 0..<30 { sketch.node("MatMul", ["v\(step)", "v0"], ["v\(step + 1)"]) }
        tooLarge(ending(sketch, "v30"), "MatMul")
        sketch = base()
        sketch.integers("shape", [1, 1, 1 << 11, 1 << 11])
        sketch.node("ConstantOfShape", ["shape"], ["image"])
        let border = (1 << 10) - 1
        sketch.node(
            "MaxPool", ["image"], ["pooled"], [("kernel_shape", .ints([1 << 10, 1 << 10])), ("pads", .ints([border, border, border, border]))])
        tooLarge(ending(sketch, "pooled"), "MaxPool")
    }

    @Test func emptyAxesBesideHugeOnes() {
        for name in ["Concat", "Flatten", "ReduceSum", "Gather", "Transpose", "Softmax", "Add", "MatMul", "Slice"] {
            for shape in [[1 << 31, 0], [0, 1 << 31], [1 << 15, 0, 1 << 15]] {
                var sketch = base()
                sketch.floats("c", shape, [])
                sketch.integers("none", [])
                sketch.integers("zero", [0])
                switch name {
                case "Concat", "Add", "MatMul": sketch.node(name, ["c", "c"], ["v"], name == "Concat" ? [("axis", .int(1))] : [])
                case "Gather": sketch.node(name, ["c", "none"], ["v"], [("axis", .int(1))])
                case "Slice": sketch.node(name, ["c", "zero", "zero"], ["v"])
                default: sketch.node(name, ["c"], ["v"])
                }
                _ = ending(sketch, "v").failure()
            }
        }
    }

    @Test func manyParts() {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", .size(1 << 22)])
        sketch.node("SplitToSequence", ["x"], ["list"], [("axis", .int(1))])
        sketch.integers("zero", [0])
        sketch.node("SequenceAt", ["list", "zero"], ["y"])
        sketch.output("y")
        #expect(sketch.failure()?.code == .tooLarge)
    }

    @Test func functionsThatMultiply() {
        var sketch = base()
        for level in 0..<12 {
            let inner = (0..<8).map { step in
                ModelSketch.node(
                    level == 0 ? "Relu" : "F\(level - 1)", ["v\(step)"], ["v\(step + 1)"], domain: level == 0 ? "" : "own")
            }
            sketch.function("F\(level)", domain: "own", inputs: ["v0"], outputs: ["v8"], nodes: inner)
        }
        sketch.node("F11", ["x"], ["y"], domain: "own")
        sketch.output("y")
        tooLarge(sketch, "functions")
    }

    @Test func sameNames() throws {
        var sketch = base()
        sketch.node("Relu", ["x"], ["v0"], name: "a")
        for step in 0..<20_000 { sketch.node("Neg", ["v\(step)"], ["v\(step + 1)"], name: "a") }
        sketch.output("v20000")
        let model = try sketch.load()
        #expect(Set(model.graph.nodes.map(\.name)).count == 20_002)
    }

    @Test func longLists() {
        // A shape with a million axes, an equation of a thousand factors, a name of a megabyte.
        var sketch = base()
        for (name, value) in [("from", 0), ("to", 1 << 20), ("by", 1)] { sketch.initializer(ModelSketch.integerTensor(name, [], [value])) }
        sketch.node("Range", ["from", "to", "by"], ["shape"])
        sketch.node("Expand", ["x", "shape"], ["y"])
        sketch.output("y")
        #expect(sketch.failure()?.code == .unsupported && sketch.failure()!.description.count < 1000)
        sketch = base()
        sketch.floats("one", [1], [1])
        let factors = [String](repeating: "one", count: 1000)
        sketch.node("Einsum", factors, ["v"], [("equation", .text([String](repeating: "a", count: 1000).joined(separator: ",") + "->a"))])
        #expect(ending(sketch, "v").failure()?.code == .unsupported)
        sketch = base()
        sketch.node("Magic", ["x"], ["y"], name: String(repeating: "n", count: 1 << 20))
        sketch.output("y")
        #expect((sketch.failure()?.description.count ?? 0) < 3000)
    }
}
