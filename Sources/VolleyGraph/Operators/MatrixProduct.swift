public import VolleyTensors

/// `C = A·B` over the last two axes: A `[…, n, p]`, B `[…, p, m]`, C `[…, n, m]`; the axes before them broadcast.
///
/// Affine where one side is static (<doc:Semantics>, section 2), otherwise a product of two values that change over time
/// (<doc:Semantics>, section 4.2; ECMT theorem 4.2).
public struct MatrixProduct: GraphOperation {
    public init() {}

    public var arity: ClosedRange<Int> { 2...2 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        let (a, b) = (inputs[0], inputs[1])
        guard a.rank >= 2, b.rank >= 2, a[a.rank - 1] == b[b.rank - 2],
            let batch = SymbolicShape(a.dimensions.dropLast(2)).broadcast(with: SymbolicShape(b.dimensions.dropLast(2)))
        else {
            throw GraphError(.shapeMismatch, "matrix product: shapes \(a) and \(b) do not fit […, n, p] and […, p, m]")
        }
        return SymbolicShape(batch.dimensions + [a[a.rank - 2], b[b.rank - 1]])
    }

    /// One side's rows or columns may be samples, or matrices of both sides that meet.
    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        let rank = max(inputs[0].shape.rank, inputs[1].shape.rank)
        let (a, b) = (inputs[0].axis?.behind(rank - inputs[0].shape.rank), inputs[1].axis?.behind(rank - inputs[1].shape.rank))
        guard let a else { return b.unless { $0 == rank - 2 } }
        guard let b else { return a.position == rank - 1 ? nil : a }
        return a == b && a.position < rank - 2 ? a : nil
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { timeVarying[0] && timeVarying[1] ? .bilinear : .affine }

    public func synapticInputs(timeVarying: [Bool]) -> [Int] { (0...1).filter { timeVarying[$0] } }

    public func multiplyAccumulates(inputs: [Shape], output: Shape) -> Int {
        output.count * inputs[0][inputs[0].rank - 1]
    }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let plan = MatrixProductPlan(inputs[0].shape, inputs[1].shape)
        for pair in 0..<plan.pairs {
            let packed = PackedMatrix(
                rows: plan.inner, columns: plan.columns, values: inputs[1].values, offset: plan.rightOffset(pair),
                rowStride: plan.columns, columnStride: 1)
            kernels.multiply(
                inputs[0].values, offset: plan.leftOffset(pair), rows: plan.rows, by: packed, into: &output.values,
                offset: pair * plan.rows * plan.columns)
        }
    }
}

/// Which matrices of A and B a broadcast product pairs up.
public struct MatrixProductPlan: Sendable {
    /// n, p and m.
    public let rows: Int
    public let inner: Int
    public let columns: Int
    /// The number of pairs, and the broadcast axes that count them.
    public let pairs: Int
    private let batch: [Int]
    private let leftStrides: [Int]
    private let rightStrides: [Int]

    public init(_ a: Shape, _ b: Shape) {
        rows = a[a.rank - 2]
        inner = a[a.rank - 1]
        columns = b[b.rank - 1]
        let left = Shape(Array(a.dimensions.dropLast(2)))
        let right = Shape(Array(b.dimensions.dropLast(2)))
        let batch = left.broadcast(with: right)
        self.batch = batch.dimensions
        pairs = batch.count
        leftStrides = left.strides(broadcastTo: batch)
        rightStrides = right.strides(broadcastTo: batch)
    }

    /// Where the left matrix of a pair begins.
    public func leftOffset(_ pair: Int) -> Int { offset(pair, leftStrides) * rows * inner }
    public func rightOffset(_ pair: Int) -> Int { offset(pair, rightStrides) * inner * columns }

    private func offset(_ pair: Int, _ strides: [Int]) -> Int {
        var rest = pair
        var offset = 0
        for axis in batch.indices.reversed() {
            offset += rest % batch[axis] * strides[axis]
            rest /= batch[axis]
        }
        return offset
    }
}
