public import VolleyTensors

/// Its input with positions added before and after each axis, or, for negative amounts, taken away.
///
/// It is affine (<doc:Semantics>, section 2).
public struct Padding: GraphOperation {
    public enum Mode: String, Sendable, Hashable, Codable, CaseIterable {
        /// One value everywhere.
        case constant
        /// The input mirrored at its first and last element, which are not repeated.
        case reflect
        /// The nearest element.
        case edge
        /// The input from its other end.
        case wrap
    }

    public var mode: Mode
    /// By axis: how many positions before and after.
    public var amounts: [[Int]]
    /// What constant padding puts in; finite.
    public var value: Float

    public init(_ mode: Mode = .constant, amounts: [[Int]], value: Float = 0) {
        self.mode = mode
        self.amounts = amounts
        self.value = value
    }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        let x = inputs[0]
        let possible = -SymbolicShape.maximumCount...SymbolicShape.maximumCount
        guard amounts.count == x.rank, amounts.allSatisfy({ $0.count == 2 && $0.allSatisfy(possible.contains) }), value.isFinite
        else {
            throw GraphError(
                .shapeMismatch, "padding: amounts \(amounts) and value \(value) do not fit an input of shape \(x)")
        }
        return SymbolicShape(
            try zip(x.dimensions, amounts).map { length, amount in
                if amount == [0, 0] { return length }
                let padded = length.size + amount[0] + amount[1]
                guard !length.scalesWithBatch, padded >= 0, padded == 0 || mode == .constant || length.size > 0 else {
                    throw GraphError(.shapeMismatch, "padding: amounts \(amounts) do not fit an input of shape \(x)")
                }
                return SymbolicLength(padded)
            })
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs[0].axis.unless { amounts[$0] != [0, 0] } }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        guard output.count > 0 else { return }
        // What shrinks goes first, so that nothing on the way is larger than both ends.
        let axes = amounts.indices.filter { amounts[$0] != [0, 0] }.sorted { amounts[$0].reduce(0, +) < amounts[$1].reduce(0, +) }
        output = axes.reduce(inputs[0]) { padded($0, $1) }
    }

    private func padded(_ input: Tensor, _ axis: Int) -> Tensor {
        let split = AxisSplit(input.shape, axis: axis)
        var shape = input.shape
        shape[axis] += amounts[axis][0] + amounts[axis][1]
        var result = Tensor(shape, repeating: value)
        for block in 0..<split.outer {
            for position in 0..<shape[axis] {
                guard let source = source(of: position - amounts[axis][0], length: split.length) else { continue }
                let from = (block * split.length + source) * split.inner
                let to = (block * shape[axis] + position) * split.inner
                for index in 0..<split.inner { result.values[to + index] = input.values[from + index] }
            }
        }
        return result
    }

    /// The position of the input whose element stands at a position counted from the input's first; nil for none.
    private func source(of position: Int, length: Int) -> Int? {
        if (0..<length).contains(position) { return position }
        switch mode {
        case .constant:
            return nil
        case .edge:
            return position < 0 ? 0 : length - 1
        case .wrap:
            return ((position % length) + length) % length
        case .reflect:
            let period = 2 * max(1, length - 1)
            let folded = ((position % period) + period) % period
            return length == 1 ? 0 : min(folded, period - folded)
        }
    }
}
