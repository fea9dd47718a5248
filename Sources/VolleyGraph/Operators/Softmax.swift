public import VolleyTensors

/// `y_i = exp(x_i − max x) / Σ_j exp(x_j − max x)` over the last axis.
///
/// It is nonlinear (<doc:Semantics>, section 4.1; ECMT theorem 4.1).
public struct Softmax: GraphOperation {
    public init() {}

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard inputs[0].rank > 0 else { throw GraphError(.shapeMismatch, "softmax of a scalar") }
        return inputs[0]
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        inputs.onlyFirst.unless { $0 == inputs[0].shape.rank - 1 }
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .nonlinear }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        kernels.softmax(width: output.shape[output.shape.rank - 1], inputs[0].values, into: &output.values)
    }
}
