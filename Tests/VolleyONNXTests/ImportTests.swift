import Testing
import VolleyGraph
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

/// What becomes of a model's shapes, names and batch.
@Suite struct ImportTests {
    @Test func shapeArithmeticFoldsAway() throws {
        let model = try ModelSketch.layer().load()
        #expect(model.graph.nodes.map(\.name).sorted() == ["flatten", "shift", "shift.bias", "weight", "x"])
        #expect(model.graph[model.graph.outputs[0].value].shape == [.batch, 2])
        #expect(model.diagnostics.isEmpty)
        #expect(model.architecture == "ONNX model of sketch, opset 17, 6 nodes")
        let y = try Evaluator(model.graph).run(["x": Tensor([2, 2, 3], [1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 1])])["y"]
        #expect(y == Tensor([2, 2], [28, -8.5, 12, -11]))
    }

    @Test func passesCanBeLeftOut() throws {
        let model = try ModelSketch.layer().load(through: "")
        #expect(model.graph.node(named: "layer") != nil && model.graph.node(named: "shift") != nil)
    }

    @Test func fixedBatchIsFreed() throws {
        var sketch = ModelSketch()
        sketch.input("x", [1, 2, 3])
        sketch.floats("token", [1, 1, 3], [7, 8, 9])
        sketch.integers("ones", [1, 1, 3])
        sketch.integers("flat", [1, 9])
        sketch.node("Expand", ["token", "ones"], ["tokens"])
        sketch.node("Concat", ["tokens", "x"], ["all"], [("axis", .int(1))])
        sketch.node("Reshape", ["all", "flat"], ["y"])
        sketch.output("y")
        let model = try sketch.load()
        #expect(model.diagnostics.map(\.subject) == ["x"])
        let y = try Evaluator(model.graph).run(["x": Tensor([2, 2, 3], (0..<12).map { Float($0) })])["y"]
        #expect(y == Tensor([2, 9], [7, 8, 9, 0, 1, 2, 3, 4, 5, 7, 8, 9, 6, 7, 8, 9, 10, 11]))
    }

    @Test func fixedBatchStaysWhereNoOtherIsPossible() throws {
        var sketch = ModelSketch()
        sketch.input("x", [1, 4])
        sketch.integers("first", [0])
        sketch.node("Gather", ["x", "first"], ["y"], [("axis", .int(0))])
        sketch.output("y")
        let model = try sketch.load()
        #expect(model.graph[model.graph.inputs[0]].shape == [1, 4])
        #expect(model.diagnostics.count == 1)
    }

    @Test func openLengthsAreAskedFor() throws {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 3, "height", "width"])
        sketch.node("Relu", ["x"], ["y"])
        sketch.output("y")
        let failure = sketch.failure()
        #expect(failure?.code == .openShape)
        #expect(failure?.remedies == [Remedy(.inputShapes, "x=1,3,?,?")])
        let model = try sketch.load(shapes: ["x": [8, 3, 5, 6]])
        #expect(model.graph[model.graph.inputs[0]].shape == [.batch, 3, 5, 6])
    }

    @Test func lengthsOfOneNameAreGivenOnce() throws {
        var sketch = ModelSketch()
        sketch.input("ids", ["batch", "length"], type: 7)
        sketch.input("mask", ["batch", "length"], type: 7)
        sketch.node("Mul", ["ids", "mask"], ["y"])
        sketch.output("y")
        let model = try sketch.load(shapes: ["ids": [1, 7]])
        #expect(model.graph.inputs.map { model.graph[$0].shape } == [[.batch, 7], [.batch, 7]])
        #expect(sketch.failure(shapes: ["ids": [1, 7], "mask": [1, 8]])?.code == .shapeMismatch)
    }

    @Test func wrongShapesAreRefused() {
        let sketch = ModelSketch.layer()
        #expect(sketch.failure(shapes: ["z": [1, 2, 3]])?.code == .badInput)
        #expect(sketch.failure(shapes: ["x": [1, 2]])?.code == .badInput)
        #expect(sketch.failure(shapes: ["x": [1, 2, 4]])?.code == .badInput)
        #expect(sketch.failure(shapes: ["x": [1, 0, 3]])?.code == .badInput)
        #expect(sketch.failure(shapes: ["x": [5, 2, 3]]) == nil)
    }

    @Test func inputsCanBecomeConstants() throws {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 6])
        sketch.input("target", [3], type: 7)
        sketch.node("Reshape", ["x", "target"], ["y"])
        sketch.output("y")
        #expect(sketch.failure()?.code == .unsupported)
        let model = try sketch.load(constants: ["target": Tensor([3], [-1, 2, 3])])
        #expect(model.graph[model.graph.outputs[0].value].shape == [.batch, 2, 3])
        #expect(model.graph.inputs.count == 1)
    }

    @Test func infiniteMasksBecomeFinite() throws {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 2])
        sketch.floats("mask", [2], [0, -.infinity])
        sketch.node("Add", ["x", "mask"], ["masked"])
        sketch.node("Softmax", ["masked"], ["y"])
        sketch.output("y")
        let model = try sketch.load()
        #expect(model.diagnostics.map(\.subject) == ["mask"])
        #expect(try Evaluator(model.graph).run(["x": Tensor([1, 2], [3, -5])])["y"] == Tensor([1, 2], [1, 0]))
    }

    @Test func masksCanBeAddedUp() throws {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 3])
        sketch.input("padding", ["batch", 3], type: 7)
        sketch.floats("lowest", [1], [-Float.greatestFiniteMagnitude])
        sketch.floats("causal", [3], [0, 0, -Float.greatestFiniteMagnitude])
        sketch.node("Cast", ["padding"], ["padded"], [("to", .int(1))])
        sketch.node("Mul", ["padded", "lowest"], ["mask"])
        sketch.node("Add", ["mask", "causal"], ["masks"])
        sketch.node("Add", ["x", "masks"], ["masked"])
        sketch.node("Softmax", ["masked"], ["y"])
        sketch.output("y")
        var evaluator = Evaluator(try sketch.load().graph)
        evaluator.checksValues = true
        let padding = Tensor([2, 3], [0, 1, 1, 1, 1, 1])
        let y = try evaluator.run(["x": Tensor([2, 3], [-5, 5, 9, 1, 2, 3]), "padding": padding])["y"]
        #expect(y == Tensor([2, 3], [1, 0, 0, 0.5, 0.5, 0]))
    }

    @Test func branchesAndFunctionsArePutInPlace() throws {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 3])
        sketch.function(
            "Scaled", domain: "own", inputs: ["a", "shift"], outputs: ["c"], attributes: ["slope"],
            nodes: [
                ModelSketch.node("LeakyRelu", ["a"], ["b"], name: "leaky", [("alpha", .reference("slope"))]),
                ModelSketch.node("Clip", ["b", "shift"], ["c"], name: "clip"),
            ])
        var branch = Message()
        branch.put(1, ModelSketch.node("Neg", ["scaled"], ["negated"], name: "negate"))
        var result = Message()
        result.put(1, "negated")
        branch.put(12, result)
        sketch.integers("one", [1])
        sketch.node("Scaled", ["x"], ["scaled"], name: "call", domain: "own", [("slope", .float(0.5))])
        sketch.node("If", ["one"], ["y"], name: "if", [("then_branch", .graph(branch)), ("else_branch", .graph(Message()))])
        sketch.output("y")
        let model = try sketch.load()
        #expect(model.graph.nodes.map(\.name) == ["x", "call/leaky", "if/negate"])
        #expect(try Evaluator(model.graph).run(["x": Tensor([1, 3], [-2, 0, 2])])["y"] == Tensor([1, 3], [1, 0, -2]))
    }

    @Test func unsortedNodesAreSorted() throws {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 1])
        sketch.node("Neg", ["h"], ["y"])
        sketch.node("Relu", ["x"], ["h"])
        sketch.output("y")
        #expect(try Evaluator(sketch.load().graph).run(["x": Tensor([1, 1], [3])])["y"] == Tensor([1, 1], [-3]))
    }

    @Test func samplesOwnRowsArePicked() throws {
        // y[n] = x[n, argmax(x[n])], written as a gather from all rows of the batch.
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 4])
        for (name, value) in [("start", 0), ("step", 1), ("width", 4)] { sketch.initializer(ModelSketch.integerTensor(name, [], [value])) }
        sketch.integers("all", [-1])
        sketch.node("Shape", ["x"], ["shape"])
        sketch.node("Gather", ["shape", "start"], ["count"], [("axis", .int(0))])
        sketch.node("Range", ["start", "count", "step"], ["samples"])
        sketch.node("Mul", ["samples", "width"], ["rows"])
        sketch.node("ArgMax", ["x"], ["best"], [("axis", .int(1)), ("keepdims", .int(0))])
        sketch.node("Add", ["rows", "best"], ["index"])
        sketch.node("Reshape", ["x", "all"], ["flat"])
        sketch.node("Gather", ["flat", "index"], ["y"], [("axis", .int(0))])
        sketch.output("y")
        let x = Tensor([2, 4], [1, 9, 3, 4, 8, 6, 7, 5])
        #expect(try Evaluator(sketch.load().graph).run(["x": x])["y"] == Tensor([2], [9, 8]))
    }
}
