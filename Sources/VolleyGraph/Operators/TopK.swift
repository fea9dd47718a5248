public import VolleyTensors

/// The k largest or smallest elements along one axis, the first one first; of equal ones, that which comes first. Either their
/// values or their positions, counted from 0.
///
/// It is nonlinear (<doc:Semantics>, section 4.1; ECMT theorem 4.1).
public struct TopK: GraphOperation {
    public enum Part: String, Sendable, Hashable, Codable { case values, positions }

    public var axis: Int
    /// How many are taken.
    public var count: Int
    /// Whether the largest ones are taken, in falling order, or the smallest, in rising order.
    public var takesLargest: Bool
    public var part: Part

    public init(axis: Int, count: Int, takesLargest: Bool = true, part: Part) {
        self.axis = axis
        self.count = count
        self.takesLargest = takesLargest
        self.part = part
    }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        var shape = inputs[0]
        guard (0..<shape.rank).contains(axis), !shape[axis].scalesWithBatch, (0...shape[axis].size).contains(count) else {
            throw GraphError(.shapeMismatch, "top-k: there are no \(count) elements along axis \(axis) of the shape \(shape)")
        }
        shape[axis] = SymbolicLength(count)
        return shape
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs[0].axis.unless { $0 == axis } }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .nonlinear }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let split = AxisSplit(inputs[0].shape, axis: axis)
        for block in 0..<split.outer {
            for inner in 0..<split.inner {
                let first = block * split.length * split.inner + inner
                func value(_ position: Int) -> Float { inputs[0].values[first + position * split.inner] }
                let order = (0..<split.length).sorted { left, right in
                    let (a, b) = (value(left), value(right))
                    return a == b ? left < right : takesLargest ? a > b : a < b
                }
                for (rank, position) in order.prefix(count).enumerated() {
                    output.values[(block * count + rank) * split.inner + inner] = part == .values ? value(position) : Float(position)
                }
            }
        }
    }
}
