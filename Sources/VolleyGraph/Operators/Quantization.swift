public import VolleyTensors

/// A value as whole numbers of steps: `q = min(highest, max(lowest, round(x / scale) + zero))`, halves to the even number.
///
/// x `[…]`, scale and zero broadcast to it, q `[…]`. `(q − zero)·scale` is x again, rounded and cut off: what a layer with
/// quantised inputs reads.
///
/// It is nonlinear (<doc:Semantics>, section 4.1; ECMT theorem 4.1).
public struct Quantization: GraphOperation {
    /// The smallest and the largest number that the integers have, such as −128 and 127.
    public var lowest: Float
    public var highest: Float

    public init(lowest: Float, highest: Float) {
        self.lowest = lowest
        self.highest = highest
    }

    public var arity: ClosedRange<Int> { 3...3 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard lowest.isFinite, highest.isFinite, lowest <= highest else {
            throw GraphError(.malformed, "quantization: there are no numbers from \(lowest) to \(highest)")
        }
        guard inputs[1...].allSatisfy({ inputs[0].broadcast(with: $0) == inputs[0] }) else {
            throw GraphError(
                .shapeMismatch, "quantization: a scale \(inputs[1]) and a zero \(inputs[2]) do not stretch to \(inputs[0])")
        }
        return inputs[0]
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs.common(rank: inputs[0].shape.rank) }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .nonlinear }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let (scale, zero) = (stretched(inputs[1], to: output.shape), stretched(inputs[2], to: output.shape))
        let (scaleStride, zeroStride) = (scale.count == 1 ? 0 : 1, zero.count == 1 ? 0 : 1)
        for index in output.values.indices {
            let steps = (inputs[0].values[index] / scale[index * scaleStride]).rounded(.toNearestOrEven)
            output.values[index] = min(max(steps + zero[index * zeroStride], lowest), highest)
        }
    }

    /// One number for every element, or one for all.
    private func stretched(_ parameter: Tensor, to shape: Shape) -> [Float] {
        if parameter.count == 1 || parameter.shape == shape { return parameter.values }
        var result = Tensor(shape)
        result.fill(from: parameter.values, offset: 0, strides: parameter.shape.strides(broadcastTo: shape))
        return result.values
    }
}
