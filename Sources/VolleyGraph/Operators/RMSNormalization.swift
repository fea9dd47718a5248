public import VolleyTensors

/// `y = x / √(mean of x² + ε) · γ` over the last axis: x `[…, D]`, γ `[D]`.
///
/// Zhang, Sennrich, *Root Mean Square Layer Normalization*, NeurIPS 2019 (arXiv 1910.07467), eq. 4.
///
/// It is nonlinear (<doc:Semantics>, section 4.1; ECMT theorem 4.1).
public struct RMSNormalization: GraphOperation {
    public var epsilon: Float

    public init(epsilon: Float) { self.epsilon = epsilon }

    public var arity: ClosedRange<Int> { 2...2 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard let features = inputs[0].dimensions.last, inputs[1] == [features] else {
            throw GraphError(
                .shapeMismatch, "RMS normalisation: γ \(inputs[1]) does not fit an input of shape \(inputs[0])")
        }
        return inputs[0]
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        inputs.onlyFirst.unless { $0 == inputs[0].shape.rank - 1 }
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .nonlinear }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let (x, gamma) = (inputs[0].values, inputs[1].values)
        let width = gamma.count
        guard width > 0 else { return }
        kernels.apply(.multiply, count: x.count, x, offset: 0, stride: 1, x, offset: 0, stride: 1, into: &output.values, offset: 0)
        var sums = [Float](repeating: 0, count: x.count / width)
        kernels.sumRows(width: width, output.values, into: &sums)
        for (row, sum) in sums.enumerated() {
            let root = (sum / Float(width) + epsilon).squareRoot()
            for index in 0..<width { output.values[row * width + index] = x[row * width + index] / root * gamma[index] }
        }
    }
}
