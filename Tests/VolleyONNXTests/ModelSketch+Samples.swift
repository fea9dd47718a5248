import VolleyGraph
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

extension ModelSketch {
    /// Two inputs' worth of shape arithmetic around a linear layer: y = flatten(x)·W + b, with the batch free.
    static func layer(batch: Length = "batch") -> ModelSketch {
        var model = ModelSketch()
        model.input("x", [batch, 2, 3])
        model.floats("weight", [6, 2], [1, 0, 0, 1, 1, 1, 0.5, 0, 0, 0.5, 2, -1])
        model.floats("bias", [2], [10, -10])
        model.integers("zero", [0])
        model.integers("rest", [-1])
        model.node("Shape", ["x"], ["shape"], name: "shape of x")
        model.node("Gather", ["shape", "zero"], ["count"], name: "count")
        model.node("Concat", ["count", "rest"], ["target"], name: "target", [("axis", .int(0))])
        model.node("Reshape", ["x", "target"], ["flat"], name: "flatten")
        model.node("MatMul", ["flat", "weight"], ["product"], name: "layer")
        model.node("Add", ["product", "bias"], ["y"], name: "shift")
        model.output("y")
        return model
    }

    /// Imports the model from a file of its own.
    func load(
        shapes: [String: [Int]] = [:], constants: [String: Tensor] = [:], through pass: String? = nil
    ) throws -> ONNXModel {
        let folder = try TemporaryDirectory()
        return try ONNXModel.load(
            try folder.write(bytes, to: "model.onnx"), inputShapes: shapes, constants: constants, through: pass)
    }

    /// The error that an import ends with.
    func failure(shapes: [String: [Int]] = [:], constants: [String: Tensor] = [:]) -> ONNXError? {
        do {
            _ = try load(shapes: shapes, constants: constants)
            return nil
        } catch {
            return error as? ONNXError
        }
    }
}
