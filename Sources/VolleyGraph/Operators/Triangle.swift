public import VolleyTensors

/// One triangle of each matrix of the last two axes, the other elements 0: `y_ij = x_ij` where `j − i ≥ diagonal` for the upper
/// one, `j − i ≤ diagonal` for the lower one.
///
/// It is affine (<doc:Semantics>, section 2).
public struct Triangle: GraphOperation {
    public var upper: Bool
    public var diagonal: Int

    public init(upper: Bool, diagonal: Int = 0) {
        self.upper = upper
        self.diagonal = diagonal
    }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard inputs[0].rank >= 2 else { throw GraphError(.shapeMismatch, "triangle: \(inputs[0]) holds no matrices") }
        return inputs[0]
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        inputs[0].axis.unless { $0 >= inputs[0].shape.rank - 2 }
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let dimensions = output.shape.dimensions.suffix(2)
        let (rows, columns) = (dimensions.first!, dimensions.last!)
        for index in output.values.indices {
            let offset = index % columns - index / columns % rows
            let isKept = upper ? offset >= diagonal : offset <= diagonal
            output.values[index] = isKept ? inputs[0].values[index] : 0
        }
    }
}
