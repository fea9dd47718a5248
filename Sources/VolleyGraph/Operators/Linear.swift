public import VolleyTensors

/// `y = x·Wᵀ + b` over the last axis: x `[…, I]`, W `[O, I]`, b `[O]` (may be left out), y `[…, O]`.
///
/// Affine where one of its inputs is static (<doc:Semantics>, section 2), otherwise a product of two values that change over time
/// (<doc:Semantics>, section 4.2).
public struct Linear: GraphOperation {
    public init() {}

    public var arity: ClosedRange<Int> { 2...3 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        let (x, weight) = (inputs[0], inputs[1])
        guard weight.rank == 2, let features = x.dimensions.last, features == weight[1] else {
            throw GraphError(.shapeMismatch, "linear layer: weight [O, I] \(weight) does not fit an input […, I] of shape \(x)")
        }
        guard inputs.count == 2 || inputs[2] == [weight[0]] else {
            throw GraphError(.shapeMismatch, "linear layer: bias \(inputs[2]) does not fit weight \(weight)")
        }
        return SymbolicShape(x.dimensions.dropLast() + [weight[0]])
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        inputs.onlyFirst.unless { $0 == inputs[0].shape.rank - 1 }
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { timeVarying[0] && timeVarying[1] ? .bilinear : .affine }

    public func synapticInputs(timeVarying: [Bool]) -> [Int] { (0...1).filter { timeVarying[$0] } }

    public func multiplyAccumulates(inputs: [Shape], output: Shape) -> Int { inputs[0].count * inputs[1][0] }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        evaluate(inputs, packed: Self.pack(inputs[1]), into: &output, on: kernels)
    }

    static func pack(_ weight: Tensor) -> PackedMatrix {
        PackedMatrix(transposing: weight.values, outputs: weight.shape[0], inputs: weight.shape[1])
    }

    func evaluate(_ inputs: [Tensor], packed: PackedMatrix, into output: inout Tensor, on kernels: Kernels) {
        let rows = output.count / max(1, packed.columns)
        kernels.multiply(
            inputs[0].values, rows: rows, by: packed, bias: inputs.count > 2 ? inputs[2].values : nil,
            into: &output.values)
    }
}
