public import VolleyTensors

/// The same elements in row-major order under another shape.
///
/// It is affine (<doc:Semantics>, section 2).
public struct Reshape: GraphOperation {
    public var shape: SymbolicShape

    public init(to shape: SymbolicShape) { self.shape = shape }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        func factors(_ shape: SymbolicShape) -> (count: Int, batchPower: Int) {
            (shape.dimensions.reduce(1) { $0 * $1.size }, shape.dimensions.count(where: \.scalesWithBatch))
        }
        guard inputs[0].isSupported, shape.isSupported, factors(inputs[0]) == factors(shape) else {
            throw GraphError(.shapeMismatch, "reshape: \(inputs[0]) does not hold as many elements as \(shape)")
        }
        return shape
    }

    /// The elements stay in order, and so `outer` stays what it was, if the new axes have a place for it.
    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        let lengths = inputs[0].shape.dimensions.map(\.size)
        guard !lengths.contains(0), let axis = inputs[0].axis,
            let position = shape.dimensions.firstIndex(where: \.scalesWithBatch)
        else { return nil }
        let outer = axis.outer(lengths)
        let before = shape.dimensions[..<position].reduce(1) { $0 * $1.size }
        return outer % before == 0 ? BatchAxis(position, blocks: outer / before) : nil
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        output.fill(from: inputs[0].values, offset: 0, strides: output.shape.strides)
    }
}
