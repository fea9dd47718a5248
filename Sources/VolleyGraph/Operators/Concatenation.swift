public import VolleyTensors

/// Its inputs one after the other along one axis.
///
/// It is affine (<doc:Semantics>, section 2).
public struct Concatenation: GraphOperation {
    public var axis: Int

    public init(axis: Int) { self.axis = axis }

    public var arity: ClosedRange<Int> { 1...Int.max }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        var shape = inputs[0]
        guard (0..<shape.rank).contains(axis) else {
            throw GraphError(.shapeMismatch, "concatenation: shape \(shape) has no axis \(axis)")
        }
        for other in inputs.dropFirst() {
            var expected = shape
            guard other.rank == shape.rank, other[axis].scalesWithBatch == shape[axis].scalesWithBatch else {
                throw GraphError(.shapeMismatch, "concatenation along axis \(axis): \(shape) and \(other) do not fit")
            }
            expected[axis] = other[axis]
            guard other == expected else {
                throw GraphError(.shapeMismatch, "concatenation along axis \(axis): \(shape) and \(other) do not fit")
            }
            shape[axis].size += other[axis].size
        }
        return shape
    }

    /// Batches one behind the other are further blocks.
    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        guard let first = inputs[0].axis else { return nil }
        if first.position != axis { return Set(inputs.map(\.axis)).count == 1 ? first : nil }
        let runs = inputs.map { input in input.axis.map { input.shape[axis].size / $0.blocks } }
        let blocks = inputs.reduce(0) { $0 + ($1.axis?.blocks ?? 0) }
        return Set(runs).count == 1 && inputs.allSatisfy { $0.axis?.position == axis } ? BatchAxis(axis, blocks: blocks) : nil
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let outer = output.shape.dimensions[..<axis].reduce(1, *)
        var position = 0
        for block in 0..<outer {
            for input in inputs {
                let width = outer == 0 ? 0 : input.count / outer
                for index in 0..<width { output.values[position + index] = input.values[block * width + index] }
                position += width
            }
        }
    }
}
