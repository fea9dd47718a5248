public import VolleyTensors

/// `y = a` where the condition is not 0, otherwise `b`, element by element. Inputs: condition, a, b; axes are aligned at the
/// end, a length of 1 stretches.
///
/// It is affine where the condition is static (<doc:Semantics>, section 2), otherwise nonlinear (<doc:Semantics>, section 4.1).
public struct Selection: GraphOperation {
    public init() {}

    public var arity: ClosedRange<Int> { 3...3 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard let values = inputs[1].broadcast(with: inputs[2]), let shape = inputs[0].broadcast(with: values) else {
            throw GraphError(
                .shapeMismatch, "selection: condition \(inputs[0]) and values \(inputs[1]) and \(inputs[2]) do not broadcast")
        }
        return shape
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs.common(rank: inputs.map(\.shape.rank).max()!) }

    public func kind(timeVarying: [Bool]) -> OperatorKind { timeVarying[0] ? .nonlinear : .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let (condition, a) = (inputs[0].expanded(to: output.shape), inputs[1].expanded(to: output.shape))
        output.fill(from: inputs[2].values, offset: 0, strides: inputs[2].shape.strides(broadcastTo: output.shape))
        for index in condition.values.indices where condition.values[index] != 0 { output.values[index] = a.values[index] }
    }
}

extension Tensor {
    /// Repeated until it fills a shape; itself where it does already.
    func expanded(to target: Shape) -> Tensor {
        if shape == target { return self }
        var result = Tensor(target)
        result.fill(from: values, offset: 0, strides: shape.strides(broadcastTo: target))
        return result
    }
}
