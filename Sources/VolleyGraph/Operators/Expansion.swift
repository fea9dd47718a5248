public import VolleyTensors

/// Repeats its input until it fills a shape; axes are aligned at the end, only lengths of 1 stretch.
///
/// It is affine (<doc:Semantics>, section 2).
public struct Expansion: GraphOperation {
    public var shape: SymbolicShape

    public init(to shape: SymbolicShape) { self.shape = shape }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard inputs[0].broadcast(with: shape) == shape else {
            throw GraphError(.shapeMismatch, "expansion: shape \(inputs[0]) does not stretch to \(shape)")
        }
        return shape
    }

    /// What is the same for all samples may be repeated for each.
    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        inputs[0].axis?.behind(shape.rank - inputs[0].shape.rank)
            ?? shape.dimensions.firstIndex(where: \.scalesWithBatch).map { BatchAxis($0) }
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        output.fill(
            from: inputs[0].values, offset: 0, strides: inputs[0].shape.strides(broadcastTo: output.shape))
    }
}
