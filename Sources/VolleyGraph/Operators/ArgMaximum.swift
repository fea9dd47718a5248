public import VolleyTensors

/// Where along one axis the largest element stands, counted from 0.
///
/// It is nonlinear (<doc:Semantics>, section 4.1; ECMT theorem 4.1).
public struct ArgMaximum: GraphOperation {
    public var axis: Int
    /// Whether the axis stays, with length 1.
    public var keepsAxes: Bool
    /// Which of several equal elements counts.
    public var selectsLast: Bool

    public init(axis: Int, keepsAxes: Bool = false, selectsLast: Bool = false) {
        self.axis = axis
        self.keepsAxes = keepsAxes
        self.selectsLast = selectsLast
    }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        var shape = inputs[0]
        guard (0..<shape.rank).contains(axis), shape[axis].size > 0 else {
            throw GraphError(.shapeMismatch, "arg-maximum over axis \(axis) does not fit the shape \(shape)")
        }
        shape.dimensions.replaceSubrange(axis...axis, with: keepsAxes ? [1] : [])
        return shape
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        let kept = inputs[0].axis.unless { $0 == axis }
        return kept?.behind(!keepsAxes && kept!.position > axis ? -1 : 0)
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .nonlinear }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let split = AxisSplit(inputs[0].shape, axis: axis)
        for block in 0..<split.outer {
            for inner in 0..<split.inner {
                var (best, largest) = (0, -Float.infinity)
                for position in 0..<split.length {
                    let value = inputs[0].values[(block * split.length + position) * split.inner + inner]
                    if value > largest || selectsLast && value == largest { (best, largest) = (position, value) }
                }
                output.values[block * split.inner + inner] = Float(best)
            }
        }
    }
}
