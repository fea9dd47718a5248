public import VolleyTensors

/// Elements picked along one axis, each by its own index: `y[a, i, b] = x[a, indices[a, i, b], b]`.
///
/// x `[A…, L, B…]`, indices and y `[A'…, K, B'…]` with A' ≤ A and B' ≤ B. Indices are rounded; negative ones count from the
/// end. An element outside the axis is NaN.
///
/// It is affine where the indices are static (<doc:Semantics>, section 2), otherwise nonlinear (<doc:Semantics>, section 4.1).
public struct GatherElements: GraphOperation {
    public var axis: Int

    public init(axis: Int) { self.axis = axis }

    public var arity: ClosedRange<Int> { 2...2 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        let (data, indices) = (inputs[0], inputs[1])
        let fits =
            data.rank == indices.rank && (0..<data.rank).contains(axis) && !data[axis].scalesWithBatch
            && (0..<data.rank).allSatisfy { other in
                let (length, needed) = (data[other], indices[other])
                return other == axis || length.scalesWithBatch == needed.scalesWithBatch && needed.size <= length.size
            }
        guard fits else {
            throw GraphError(
                .shapeMismatch, "gather elements: indices \(indices) cannot name elements along axis \(axis) of \(data)")
        }
        return indices
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        guard let data = inputs[0].axis, data == inputs[1].axis, data.position != axis,
            inputs[0].shape[data.position] == inputs[1].shape[data.position]
        else { return nil }
        return data
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { timeVarying[1] ? .nonlinear : .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let data = cropped(inputs[0], to: output.shape)
        let length = data.shape[axis]
        let split = AxisSplit(output.shape, axis: axis)
        for (to, index) in inputs[1].values.enumerated() {
            let (block, inner) = (to / (split.length * split.inner), to % split.inner)
            let source = index.position(in: length).map { (block * length + $0) * split.inner + inner }
            output.values[to] = source.map { data.values[$0] } ?? .nan
        }
    }

    /// The data as long as the indices along the other axes.
    private func cropped(_ data: Tensor, to shape: Shape) -> Tensor {
        var needed = shape
        needed[axis] = data.shape[axis]
        if needed == data.shape { return data }
        var result = Tensor(needed)
        result.fill(from: data.values, offset: 0, strides: data.shape.strides)
        return result
    }
}
