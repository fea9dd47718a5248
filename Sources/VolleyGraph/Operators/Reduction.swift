public import VolleyTensors

/// One number for all elements along some axes; NaN for none.
///
/// Sums and means are affine (<doc:Semantics>, section 2), other functions nonlinear (<doc:Semantics>, section 4.1).
public struct Reduction: GraphOperation {
    public enum Function: String, Sendable, Hashable, Codable, CaseIterable { case mean, sum, maximum, minimum, product }

    public var function: Function
    /// Counted from 0, ascending.
    public var axes: [Int]
    /// Whether the reduced axes stay, with length 1.
    public var keepsAxes: Bool

    public init(_ function: Function, axes: [Int], keepsAxes: Bool = false) {
        self.function = function
        self.axes = axes
        self.keepsAxes = keepsAxes
    }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard Set(axes).count == axes.count, axes.allSatisfy({ (0..<inputs[0].rank).contains($0) }),
            axes.allSatisfy({ inputs[0][$0].size > 0 })
        else {
            throw GraphError(.shapeMismatch, "\(function.rawValue) over axes \(axes) does not fit the shape \(inputs[0])")
        }
        return SymbolicShape(
            inputs[0].dimensions.enumerated().compactMap { axis, length in
                axes.contains(axis) ? (keepsAxes ? 1 : nil) : length
            })
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        let kept = inputs[0].axis.unless(axes.contains)
        return kept?.behind(keepsAxes ? 0 : -axes.count { $0 < kept!.position })
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind {
        switch function {
        case .mean, .sum: .affine
        case .maximum, .minimum, .product: .nonlinear
        }
    }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let input = inputs[0]
        let kept = (0..<input.shape.rank).filter { !axes.contains($0) }
        let order = kept + axes
        let width = axes.reduce(1) { $0 * input.shape[$1] }
        var gathered = Tensor(Shape(order.map { input.shape[$0] }))
        gathered.fill(from: input, order: order)
        switch function {
        case .mean, .sum:
            kernels.sumRows(width: width, gathered.values, into: &output.values)
            guard function == .mean else { return }
            for index in output.values.indices { output.values[index] /= Float(width) }
        case .maximum:
            fold(gathered.values, width, into: &output.values) { $1 > $0 || $1.isNaN ? $1 : $0 }
        case .minimum:
            fold(gathered.values, width, into: &output.values) { $1 < $0 || $1.isNaN ? $1 : $0 }
        case .product:
            fold(gathered.values, width, into: &output.values) { $0 * $1 }
        }
    }

    private func fold(
        _ rows: [Float], _ width: Int, into output: inout [Float], _ combine: (Float, Float) -> Float
    ) {
        for row in output.indices {
            guard width > 0 else {
                output[row] = .nan
                continue
            }
            var result = rows[row * width]
            for index in row * width + 1..<(row + 1) * width { result = combine(result, rows[index]) }
            output[row] = result
        }
    }
}
