public import VolleyTensors

/// The slices of one axis that indices name: `y[a…, q…, b…] = x[a…, indices[q…], b…]`.
///
/// x `[a…, L, b…]`, indices `[q…]`, y `[a…, q…, b…]`. Indices are rounded; negative ones count from the end. A slice outside
/// the axis is NaN.
///
/// It is affine where the indices are static (<doc:Semantics>, section 2), otherwise nonlinear (<doc:Semantics>, section 4.1).
public struct Gather: GraphOperation {
    public var axis: Int

    public init(axis: Int) { self.axis = axis }

    public var arity: ClosedRange<Int> { 2...2 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        let (data, indices) = (inputs[0], inputs[1])
        guard (0..<data.rank).contains(axis), !data[axis].scalesWithBatch else {
            throw GraphError(.shapeMismatch, "gather: indices \(indices) cannot name slices of axis \(axis) of \(data)")
        }
        return SymbolicShape(data.dimensions[..<axis] + indices.dimensions + data.dimensions[(axis + 1)...])
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        switch (inputs[0].axis, inputs[1].axis) {
        case (nil, let index?): index.behind(axis)
        case (let data?, nil) where data.position != axis:
            data.behind(data.position < axis ? 0 : inputs[1].shape.rank - 1)
        default: nil
        }
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { timeVarying[1] ? .nonlinear : .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let split = AxisSplit(inputs[0].shape, axis: axis)
        let sources = inputs[1].values.map { $0.position(in: split.length) }
        var to = 0
        for block in 0..<split.outer {
            for source in sources {
                let from = source.map { (block * split.length + $0) * split.inner }
                output.values.putRun(at: to, of: inputs[0].values, from: from, count: split.inner)
                to += split.inner
            }
        }
    }
}

extension [Float] {
    /// Copies `count` elements of `source`, or NaN where there is no place to take them from.
    mutating func putRun(at to: Int, of source: [Float], from: Int?, count: Int) {
        if let from {
            for index in 0..<count { self[to + index] = source[from + index] }
        } else {
            for index in 0..<count { self[to + index] = .nan }
        }
    }
}
