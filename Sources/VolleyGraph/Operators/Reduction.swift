public import VolleyTensors

/// The mean or the sum over some axes.
public struct Reduction: Operation {
    public enum Function: String, Sendable, Hashable, Codable { case mean, sum }

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
            axes.allSatisfy({ !inputs[0][$0].scalesWithBatch && inputs[0][$0].size > 0 })
        else {
            throw GraphError(.shapeMismatch, "\(function.rawValue) over axes \(axes) does not fit the shape \(inputs[0])")
        }
        return SymbolicShape(
            inputs[0].dimensions.enumerated().compactMap { axis, length in
                axes.contains(axis) ? (keepsAxes ? 1 : nil) : length
            })
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let input = inputs[0]
        let kept = (0..<input.shape.rank).filter { !axes.contains($0) }
        let order = kept + axes
        let strides = input.shape.strides
        let width = axes.reduce(1) { $0 * input.shape[$1] }
        var gathered = Tensor(Shape(order.map { input.shape[$0] }))
        gathered.fill(from: input.values, offset: 0, strides: order.map { strides[$0] })
        kernels.sumRows(width: width, gathered.values, into: &output.values)
        if function == .mean {
            for index in output.values.indices { output.values[index] /= Float(width) }
        }
    }
}
