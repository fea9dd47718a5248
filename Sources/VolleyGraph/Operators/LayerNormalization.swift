public import VolleyTensors

/// `y = (x − mean) / √(variance + ε) · γ + β` over the last axis: x `[…, D]`, γ `[D]`, β `[D]`; the variance is the biased one.
///
/// It is nonlinear (<doc:Semantics>, section 4.1; ECMT theorem 4.1). Source: Ba, Kiros and Hinton, *Layer Normalization*, 2016
/// (arXiv 1607.06450), eq. 3.
public struct LayerNormalization: GraphOperation {
    public var epsilon: Float

    public init(epsilon: Float) { self.epsilon = epsilon }

    public var arity: ClosedRange<Int> { 3...3 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard let features = inputs[0].dimensions.last, inputs[1] == [features], inputs[2] == [features] else {
            throw GraphError(
                .shapeMismatch, "layer normalisation: γ \(inputs[1]) and β \(inputs[2]) do not fit an input of shape \(inputs[0])")
        }
        return inputs[0]
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        inputs.onlyFirst.unless { $0 == inputs[0].shape.rank - 1 }
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .nonlinear }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        kernels.layerNorm(
            epsilon: epsilon, gamma: inputs[1].values, beta: inputs[2].values, inputs[0].values,
            into: &output.values)
    }
}
