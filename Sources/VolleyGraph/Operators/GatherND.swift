public import VolleyTensors

/// Slices named by their position along several axes: `y[n…, q…, b…] = x[n…, indices[n…, q…, 0], …, indices[n…, q…, k−1], b…]`.
///
/// x `[n…, l_1…l_k, b…]`, indices `[n…, q…, k]`, y `[n…, q…, b…]`, where n… are the batch axes. Indices are rounded; negative
/// ones count from the end. A slice outside an axis is NaN.
///
/// It is affine where the indices are static (<doc:Semantics>, section 2), otherwise nonlinear (<doc:Semantics>, section 4.1).
public struct GatherND: GraphOperation {
    /// How many leading axes data and indices have in common.
    public var batchAxes: Int

    public init(batchAxes: Int = 0) { self.batchAxes = batchAxes }

    public var arity: ClosedRange<Int> { 2...2 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        let (data, indices) = (inputs[0], inputs[1])
        guard batchAxes >= 0, batchAxes < min(data.rank, indices.rank),
            data.dimensions[..<batchAxes] == indices.dimensions[..<batchAxes],
            let width = indices.dimensions.last, !width.scalesWithBatch, (0...data.rank - batchAxes).contains(width.size),
            data.dimensions[batchAxes..<batchAxes + width.size].allSatisfy({ !$0.scalesWithBatch })
        else {
            throw GraphError(
                .shapeMismatch, "gather: indices \(indices) with \(batchAxes) batch axes cannot name slices of \(data)")
        }
        return SymbolicShape(indices.dimensions.dropLast() + data.dimensions[(batchAxes + width.size)...])
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        let last = inputs[1].shape.rank - 1
        let behind = batchAxes + inputs[1].shape[last].size
        switch (inputs[0].axis, inputs[1].axis) {
        case (nil, let index?) where index.position < last: return index
        case (let data?, nil) where data.position >= behind: return data.behind(last - behind)
        case (let data?, let index?) where data == index && data.position < batchAxes: return data
        default: return nil
        }
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { timeVarying[1] ? .nonlinear : .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let (data, indices) = (inputs[0], inputs[1])
        let width = indices.shape[indices.shape.rank - 1]
        let batches = data.shape.dimensions[..<batchAxes].reduce(1, *)
        let lengths = data.shape.dimensions[batchAxes..<batchAxes + width]
        let run = data.shape.dimensions[(batchAxes + width)...].reduce(1, *)
        let sliceCount = lengths.reduce(1, *)
        let tuples = indices.shape.dimensions[batchAxes...].dropLast().reduce(1, *)
        for batch in 0..<batches {
            for tuple in batch * tuples..<(batch + 1) * tuples {
                let slice = zip(indices.values[tuple * width..<(tuple + 1) * width], lengths).reduce(0 as Int?) { slice, next in
                    guard let slice, let position = next.0.position(in: next.1) else { return nil }
                    return slice * next.1 + position
                }
                let from = slice.map { (batch * sliceCount + $0) * run }
                output.values.putRun(at: tuple * run, of: data.values, from: from, count: run)
            }
        }
    }
}
