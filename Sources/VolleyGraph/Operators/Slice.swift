public import VolleyTensors

/// The positions `start ..< start + length` of one axis.
public struct Slice: Operation {
    public var axis: Int
    public var start: Int
    public var length: Int

    public init(axis: Int, start: Int, length: Int) {
        self.axis = axis
        self.start = start
        self.length = length
    }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard (0..<inputs[0].rank).contains(axis), !inputs[0][axis].scalesWithBatch, start >= 0, length >= 0,
            start <= inputs[0][axis].size, length <= inputs[0][axis].size - start
        else {
            throw GraphError(
                .shapeMismatch, "slice: positions \(start) to \(start &+ length) of axis \(axis) lie outside the shape \(inputs[0])")
        }
        var shape = inputs[0]
        shape[axis] = Dimension(length)
        return shape
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let strides = inputs[0].shape.strides
        output.fill(from: inputs[0].values, offset: start * strides[axis], strides: strides)
    }
}
