import Foundation
import Testing
import VolleyGraph
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

/// Files that are damaged or made to do harm get a clear error.
@Suite struct HostileModelTests {
    @Test func filesThatAreNone() throws {
        let folder = try TemporaryDirectory()
        func code(_ path: String) -> ONNXError.Code? {
            do {
                _ = try ONNXModel.load(path)
                return nil
            } catch {
                return (error as? ONNXError)?.code
            }
        }
        #expect(code(folder.file("none.onnx")) == .notFound)
        #expect(code(folder.path) == .unreadable)
        #expect(code(try folder.write([], to: "empty.onnx")) == .malformed)
        #expect(code(try folder.write(Array("no model at all".utf8), to: "text.onnx")) == .malformed)
    }

    @Test func truncatedFilesNeverPass() throws {
        let bytes = ModelSketch.layer().bytes
        let folder = try TemporaryDirectory()
        for count in 0..<bytes.count {
            let path = try folder.write(Array(bytes[..<count]), to: "model.onnx")
            #expect(throws: ONNXError.self, "\(count) bytes") { try ONNXModel.load(path) }
        }
    }

    @Test func mutatedFilesNeverCrash() throws {
        let bytes = ModelSketch.layer(batch: 1).bytes
        let folder = try TemporaryDirectory()
        var refused = 0
        for position in bytes.indices {
            for mask: UInt8 in [0x01, 0x10, 0xFF] {
                var mutated = bytes
                mutated[position] ^= mask
                let path = try folder.write(mutated, to: "model.onnx")
                do {
                    let model = try ONNXModel.load(path)
                    _ = try Evaluator(model.graph).run(["x": Tensor([1, 2, 3], repeating: 1)])
                } catch {
                    #expect(error is any InputError, "byte \(position): \(error)")
                    refused += 1
                }
            }
        }
        #expect(refused > bytes.count)
    }

    @Test func circlesAreNamed() {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 2])
        sketch.node("Add", ["x", "c"], ["a"], name: "first")
        sketch.node("Relu", ["a"], ["b"], name: "second")
        sketch.node("Neg", ["b"], ["c"], name: "third")
        sketch.output("c")
        let failure = sketch.failure()
        #expect(failure?.code == .cycle)
        #expect(failure?.message.contains("\"second\"") == true)
    }

    @Test func namesStandForOneThing() {
        var twoNodes = ModelSketch.layer()
        twoNodes.node("Relu", ["x"], ["flat"])
        #expect(twoNodes.failure()?.code == .malformed)
        var twoTensors = ModelSketch.layer()
        twoTensors.floats("bias", [1], [1])
        #expect(twoTensors.failure()?.code == .malformed)
        var overwritten = ModelSketch.layer()
        overwritten.node("Relu", ["x"], ["bias"])
        #expect(overwritten.failure()?.code == .malformed)
        var twoInputs = ModelSketch.layer()
        twoInputs.input("x", ["batch", 2, 3])
        #expect(twoInputs.failure()?.code == .malformed)
        var twoOutputs = ModelSketch.layer()
        twoOutputs.output("y")
        #expect(twoOutputs.failure()?.code == .malformed)
    }

    @Test func missingValuesAreNamed() {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 2])
        sketch.node("MatMul", ["x", "lost"], ["y"], name: "layer")
        sketch.output("y")
        let failure = sketch.failure()
        #expect(failure?.code == .missingValue && failure?.node == "layer")
        #expect(failure?.message.contains("\"lost\"") == true)
        var noOutput = ModelSketch.layer()
        noOutput.output("nothing")
        #expect(noOutput.failure()?.code == .missingValue)
    }

    @Test func unsupportedOperatorsAreListedTogether() {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 2])
        sketch.node("Det", ["x"], ["a"], name: "one")
        sketch.node("Det", ["a"], ["b"], name: "two")
        sketch.node("Magic", ["b"], ["c"], name: "three", domain: "own")
        sketch.node("Unreached", ["x"], ["d"], name: "four")
        sketch.output("c")
        let failure = sketch.failure()
        #expect(failure?.code == .unsupportedOperators)
        #expect(
            failure?.operators == [
                .init(name: "Det", nodes: ["one", "two"]), .init(name: "own::Magic", nodes: ["three"]),
            ])
        #expect(failure?.description.contains("Det, 2 ×") == true)
    }

    @Test(arguments: [[-1], [1 << 62, 4], [1 << 31, 1 << 31, 1 << 31], [Int.max], [1 << 20, 1 << 20], [Int](repeating: 1, count: 9)])
    func absurdShapesOfTensors(shape: [Int]) {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 2])
        sketch.floats("w", shape, [1])
        sketch.node("Add", ["x", "w"], ["y"])
        sketch.output("y")
        #expect(sketch.failure() != nil)
    }

    @Test(arguments: [-3, Int.max, Int.min, 1 << 40])
    func absurdShapesOfInputs(length: Int) {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", .size(length)])
        sketch.node("Relu", ["x"], ["y"])
        sketch.output("y")
        #expect(sketch.failure() != nil)
    }

    /// Operators that would make enormous values out of small files.
    @Test(arguments: ["ConstantOfShape", "Expand", "Tile", "Range", "Pad", "EyeLike"])
    func expansionsAreLimited(operator name: String) {
        var sketch = ModelSketch()
        let huge = 1 << 31
        sketch.input("x", ["batch", 1, 1])
        sketch.integers("shape", [huge, huge, 8])
        sketch.floats("one", [1, 1, 1], [1])
        switch name {
        case "ConstantOfShape": sketch.node(name, ["shape"], ["big"])
        case "Range":
            for (name, value) in [("from", 0), ("to", Int.max), ("by", 1)] { sketch.initializer(ModelSketch.integerTensor(name, [], [value])) }
            sketch.node(name, ["from", "to", "by"], ["big"])
        case "Pad":
            sketch.integers("amounts", [0, 0, huge, 0, 0, huge])
            sketch.node(name, ["one", "amounts"], ["big"])
        case "EyeLike":
            sketch.integers("square", [1 << 17, 1 << 17])
            sketch.node("ConstantOfShape", ["square"], ["zeros"])
            sketch.node(name, ["zeros"], ["big"])
        default: sketch.node(name, ["one", "shape"], ["big"])
        }
        sketch.node("Add", ["x", "big"], ["y"])
        sketch.output("y")
        #expect(sketch.failure() != nil)
    }

    @Test func wrongTensorsAreRefused() {
        func failure(_ tensor: Message) -> ONNXError? {
            var sketch = ModelSketch()
            sketch.input("x", ["batch", 2])
            sketch.initializer(tensor)
            sketch.node("Add", ["x", "w"], ["y"])
            sketch.output("y")
            return sketch.failure()
        }
        #expect(failure(ModelSketch.tensor("w", [2], [1]))?.code == .malformed)
        #expect(failure(ModelSketch.tensor("w", [2], [1, 2, 3]))?.code == .malformed)
        #expect(failure(ModelSketch.header("w", [2], type: 1))?.code == .malformed)
        #expect(failure(ModelSketch.header("w", [2], type: 77))?.code == .unsupported)
        #expect(failure(ModelSketch.header("w", [2], type: 8))?.code == .unsupported)
        #expect(failure(ModelSketch.tensor("w", [2], [1, .nan]))?.code == .malformed)
        #expect(failure(ModelSketch.tensor("w", [3], [1, 2, 3]))?.code == .shapeMismatch)
    }

    @Test func deepNestingIsRefused() {
        var branch = Message()
        branch.put(1, ModelSketch.node("Identity", ["x"], ["y"]))
        for _ in 0..<200 {
            var outer = Message()
            outer.put(1, ModelSketch.node("If", ["one"], ["y"], [("then_branch", .graph(branch))]))
            branch = outer
        }
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 2])
        sketch.integers("one", [1])
        sketch.node("If", ["one"], ["y"], [("then_branch", .graph(branch))])
        sketch.output("y")
        #expect(sketch.failure()?.code == .malformed)
    }

    @Test func functionsThatCallThemselvesAreRefused() {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 2])
        sketch.function(
            "Loop", domain: "own", inputs: ["a"], outputs: ["b"], nodes: [ModelSketch.node("Loop", ["a"], ["b"], domain: "own")])
        sketch.node("Loop", ["x"], ["y"], domain: "own")
        sketch.output("y")
        #expect(sketch.failure()?.code == .malformed)
    }

    @Test(arguments: [0, 6, -1, 1 << 40])
    func versionsThatAreNotRead(opset: Int) {
        var sketch = ModelSketch.layer()
        sketch.opset = opset
        #expect(sketch.failure()?.code == .unsupported)
    }
}
