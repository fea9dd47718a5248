public import VolleyTensors

/// Its inputs one after the other along one axis.
public struct Concatenation: Operation {
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
            guard other.rank == shape.rank, !other[axis].scalesWithBatch, !shape[axis].scalesWithBatch else {
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
