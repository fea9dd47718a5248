public import VolleyTensors

/// The running sum along one axis: `y_i = Σ_{j ≤ i} x_j`.
///
/// It is affine (<doc:Semantics>, section 2).
public struct CumulativeSum: GraphOperation {
    public var axis: Int
    /// Whether `y_i` leaves `x_i` out.
    public var exclusive: Bool
    /// Whether it runs from the end: `Σ_{j ≥ i}`.
    public var reverse: Bool

    public init(axis: Int, exclusive: Bool = false, reverse: Bool = false) {
        self.axis = axis
        self.exclusive = exclusive
        self.reverse = reverse
    }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard (0..<inputs[0].rank).contains(axis) else {
            throw GraphError(.shapeMismatch, "running sum along axis \(axis) does not fit the shape \(inputs[0])")
        }
        return inputs[0]
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs[0].axis.unless { $0 == axis } }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let split = AxisSplit(output.shape, axis: axis)
        for block in 0..<split.outer {
            for inner in 0..<split.inner {
                var sum: Float = 0
                for step in 0..<split.length {
                    let position = reverse ? split.length - 1 - step : step
                    let index = (block * split.length + position) * split.inner + inner
                    let next = sum + inputs[0].values[index]
                    output.values[index] = exclusive ? sum : next
                    sum = next
                }
            }
        }
    }
}
