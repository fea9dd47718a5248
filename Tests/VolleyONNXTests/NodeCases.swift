import Foundation
import VolleyFormats
import VolleyGraph
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

/// One of the onnx package's cases of a single operator: a model, its inputs and the outputs it must have.
struct NodeCase: Decodable, CustomStringConvertible {
    struct Array: Decodable {
        let name: String
        let type: String
        let shape: [Int]
    }

    let `case`: String
    let opset: Int
    let inputs: [Array]
    let outputs: [Array]
    let rtol: Float
    let atol: Float
    /// The case whose arrays it has, where it is derived from one.
    let dataOf: String?

    var description: String { `case` }

    /// By operator.
    static let all: [String: [NodeCase]] = {
        let index = Fixture.path("onnx-node/index.json")
        guard let data = FileManager.default.contents(atPath: index),
            let cases = try? JSONDecoder().decode([String: [NodeCase]].self, from: data)
        else { preconditionFailure("no cases in \(index)") }
        return cases
    }()

    /// By operator: the inputs that must be known at import, since they decide about shapes or name axes.
    static let knownInputs: [String: Set<Int>] = [
        "Reshape": [1], "Expand": [1], "Tile": [1], "Slice": [1, 2, 3, 4], "Split": [1], "Squeeze": [1], "Unsqueeze": [1],
        "Pad": [1, 2, 3], "CumSum": [1], "Range": [0, 1, 2], "ConstantOfShape": [0], "Trilu": [1], "Dropout": [1, 2],
        "ReduceMean": [1], "ReduceSum": [1], "ReduceMax": [1], "ReduceMin": [1], "ReduceProd": [1], "ReduceL1": [1],
        "NonZero": [0], "ScatterND": [1], "ScatterElements": [1], "Scatter": [1], "Resize": [1, 2, 3], "Upsample": [1], "TopK": [1],
        "OneHot": [1], "ReduceL2": [1], "ReduceLogSum": [1], "ReduceLogSumExp": [1], "ReduceSumSquare": [1],
    ]

    /// Cases that cannot be imported, and why; they must be refused.
    static let refused: [String: ONNXError.Code] = [
        // Version 1 of the operators.
        "test_not_2d": .unsupported, "test_not_3d": .unsupported, "test_not_4d": .unsupported,
        // Its result holds NaN.
        "test_mod_float_edge_cases_fmod_0_float32": .malformed,
        // Images of three axes.
        "test_convtranspose_3d": .unsupported,
        // The positions of the largest elements.
        "test_maxpool_with_argmax_2d_precomputed_pads": .unsupported,
        "test_maxpool_with_argmax_2d_precomputed_strides": .unsupported,
    ]

    /// Operators whose cases mix NaN and infinities with numbers, element by element. A graph takes no such inputs: the
    /// cases are run without those elements.
    static let elementwise: Set<String> = ["Cast", "CastLike"]

    /// Imports the model and evaluates it.
    /// - Parameter knowsAll: whether all inputs are known at import, so that nothing may be left to compute.
    /// - Returns: a sentence per output that differs.
    func differences(
        operator name: String, in archive: NpzArchive, folder: TemporaryDirectory, knowsAll: Bool = false
    ) throws -> [String] {
        let bytes = try archive.array("\(`case`)/model").tensor.values.map { UInt8($0) }
        let path = try folder.write(bytes, to: `case` + ".onnx")
        let source = dataOf ?? `case`
        var arrays: [String: Tensor] = [:]
        for input in inputs { arrays[input.name] = try archive.array("\(source)/input/\(input.name)").tensor }
        if Self.elementwise.contains(name) {
            arrays = arrays.mapValues { Tensor($0.shape, $0.values.map { $0.isFinite ? $0 : 1 }) }
        }
        let holdsNonFinite = arrays.values.contains { !$0.values.allSatisfy(\.isFinite) }
        var constants: [String: Tensor] = [:]
        for (position, input) in inputs.enumerated() {
            if knowsAll || holdsNonFinite || Self.knownInputs[name]?.contains(position) == true || input.shape.contains(0) {
                constants[input.name] = arrays.removeValue(forKey: input.name)
            }
        }
        let model = try ONNXModel.load(path, constants: constants)
        if knowsAll, let node = model.graph.nodes.first(where: { $0.operation != nil }) {
            return ["\(node.operation!.name) is left to be computed"]
        }
        let results = try Evaluator(model.graph).run(arrays)
        return try outputs.compactMap { output in
            let expected = try archive.array("\(source)/output/\(output.name)").tensor
            return results[output.name].map {
                difference($0, expected, output, onlyFinite: Self.elementwise.contains(name))
            } ?? "\(output.name) is missing"
        }
    }

    /// What is rounded in the expected value, after some operations in that precision, and not here.
    private func rounding(_ type: String) -> Float {
        switch type {
        case "float16": 4 * 0x1p-11
        case "bfloat16": 4 * 0x1p-8
        default: 0
        }
    }

    private func difference(_ found: Tensor, _ expected: Tensor, _ output: Array, onlyFinite: Bool) -> String? {
        guard found.shape == expected.shape else { return "\(output.name): shape \(found.shape), expected \(expected.shape)" }
        // What stands for an infinity in a graph.
        let limit: Float = 1e30
        for (index, right) in expected.values.enumerated() {
            let value = found.values[index]
            if onlyFinite, !right.isFinite { continue }
            if value == right || value.isNaN && right.isNaN || right.isInfinite && value == right.sign.factor * limit { continue }
            guard (value - right).magnitude <= atol + rtol * right.magnitude + rounding(output.type) * max(1, right.magnitude) else {
                return "\(output.name)[\(index)]: \(value), expected \(right)"
            }
        }
        return nil
    }
}

extension FloatingPointSign {
    fileprivate var factor: Float { self == .minus ? -1 : 1 }
}
