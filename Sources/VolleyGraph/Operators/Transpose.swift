public import VolleyTensors

/// Axis `i` of the result is axis `permutation[i]` of the input.
///
/// It is affine (<doc:Semantics>, section 2).
public struct Transpose: GraphOperation {
    public var permutation: [Int]

    public init(_ permutation: [Int]) { self.permutation = permutation }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard permutation.sorted() == Array(0..<inputs[0].rank) else {
            throw GraphError(.shapeMismatch, "transpose: \(permutation) does not permute the axes of \(inputs[0])")
        }
        return SymbolicShape(permutation.map { inputs[0][$0] })
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        inputs[0].axis.flatMap { axis in permutation.firstIndex(of: axis.position).map { BatchAxis($0, blocks: axis.blocks) } }
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        output.fill(from: inputs[0], order: permutation)
    }
}
