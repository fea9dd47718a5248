internal import CVolleyKernels

/// The weights of a linear layer in fixed point: whole numbers of 8 or 16 bits times a scale for each output channel.
///
/// `W ≈ round(W / scale) · scale`, scale = max |W| of the channel / 127 or / 32639.
public struct IntegerWeights: Sendable {
    public let outputs: Int
    public let inputs: Int
    public let bits: Int
    /// `‖W − Ŵ‖ / ‖W‖` over all weights (Frobenius norm).
    public let relativeError: Double
    var planes: Int { bits / 8 }
    let digits: AlignedBuffer<Int8>
    let whole: AlignedBuffer<Int16>
    let scales: AlignedBuffer<Float>
    let digitSums: AlignedBuffer<Int32>

    /// Rounds `weight [outputs, inputs]`.
    /// - Precondition: bits are 8 or 16.
    public init(_ weight: [Float], outputs: Int, inputs: Int, bits: Int) {
        precondition(weight.count == outputs * inputs && [8, 16].contains(bits), "8 or 16 bits for every weight")
        (self.outputs, self.inputs, self.bits) = (outputs, inputs, bits)
        let planes = bits / 8
        var buffers: (AlignedBuffer<Int16>, AlignedBuffer<Float>, AlignedBuffer<Int32>)?
        digits = unsafe AlignedBuffer(count: planes * vk_digits_count(inputs, outputs)) { digits in
            var scales = [Float](repeating: 0, count: outputs)
            var sums = [Int32](repeating: 0, count: planes * outputs)
            let whole = unsafe AlignedBuffer<Int16>(count: vk_whole_count(inputs, outputs)) { whole in
                guard !weight.isEmpty else { return }
                unsafe vk_quantize(inputs, outputs, weight, Int32(planes), digits, whole, &scales, &sums)
            }
            buffers = (whole, AlignedBuffer(scales), AlignedBuffer(sums))
        }
        (whole, scales, digitSums) = buffers!
        var (error, size) = (0.0, 0.0)
        for (exact, rounded) in zip(weight, Self.values(whole, scales, outputs, inputs)) {
            error += (Double(exact) - Double(rounded)) * (Double(exact) - Double(rounded))
            size += Double(exact) * Double(exact)
        }
        relativeError = size > 0 ? (error / size).squareRoot() : 0
    }

    /// The rounded weights `Ŵ [outputs, inputs]`.
    public var values: [Float] { Self.values(whole, scales, outputs, inputs) }

    private static func values(
        _ whole: AlignedBuffer<Int16>, _ scales: AlignedBuffer<Float>, _ outputs: Int, _ inputs: Int
    ) -> [Float] {
        var values = [Float](repeating: 0, count: outputs * inputs)
        for output in 0..<outputs {
            for input in 0..<inputs {
                let number = unsafe whole.start[(output / 64 * inputs + input) * 64 + output % 64]
                unsafe values[output * inputs + input] = Float(number) * scales.start[output]
            }
        }
        return values
    }
}
