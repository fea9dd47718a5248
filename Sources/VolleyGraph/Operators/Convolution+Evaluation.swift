public import VolleyTensors

extension Convolution {
    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        var pool = ArrayPool<Float>()
        evaluate(inputs, packed: nil, into: &output, on: kernels, pool: &pool)
    }

    /// - Parameters:
    ///   - packed: the weight, where there is one group and it is packed already.
    ///   - pool: memory for intermediate values.
    func evaluate(
        _ inputs: [Tensor], packed: PackedMatrix?, into output: inout Tensor, on kernels: Kernels, pool: inout ArrayPool<Float>
    ) {
        guard channels == .last else {
            var turned = self
            turned.channels = .last
            var value = Tensor(Shape(Self.channelsLast.map { output.shape[$0] }), pool.take(output.count))
            let image = transposed(inputs[0], &pool)
            // Of a weight that is packed only the shape is read.
            let weight =
                packed == nil
                ? transposed(inputs[1], &pool) : inputs[1].reshaped(to: Shape(Self.channelsLast.map { inputs[1].shape[$0] }))
            turned.evaluate([image, weight] + inputs.dropFirst(2), packed: packed, into: &value, on: kernels, pool: &pool)
            output.fill(from: value, order: [0, 3, 1, 2])
            pool.give(value.values)
            pool.give(image.values)
            return
        }
        let (weight, bias) = (inputs[1], inputs.count > 2 ? inputs[2].values : [])
        if groups == 1 {
            let packed = packed ?? Self.pack(weight, channels)
            multiply(inputs[0], packed, bias, weight.shape, into: &output, on: kernels, &pool)
        } else if weight.shape[3] == weight.shape[0] / groups, GroupedKernel.supports(width: weight.shape[3]) {
            multiplyTogether(inputs[0], weight, bias, into: &output, on: kernels, &pool)
        } else {
            multiplyGroups(inputs[0], weight, bias, into: &output, on: kernels, &pool)
        }
    }

    /// The windows that it reads of images `[N, H, W, C]`.
    public func windows(image: [Int], kernel: [Int], positions: [Int]) -> ImageWindows {
        ImageWindows(
            image: image, kernel: kernel, stride: stride, dilation: dilation, padding: padding.map { $0[0] }, positions: positions)
    }

    /// The weight of a convolution with one group as the product over windows reads it, `[KH · KW · C, O]`.
    static func pack(_ weight: Tensor, _ channels: ChannelLayout) -> PackedMatrix {
        let last = channels == .last ? weight : weight.transposed(channelsLast)
        return PackedMatrix(transposing: last.values, outputs: weight.shape[0], inputs: weight.shape.rowCount)
    }

    /// The axes of `[N, C, H, W]` in the order of `[N, H, W, C]`.
    static let channelsLast = [0, 2, 3, 1]

    private func transposed(_ value: Tensor, _ pool: inout ArrayPool<Float>) -> Tensor {
        var result = Tensor(Shape(Self.channelsLast.map { value.shape[$0] }), pool.take(value.count))
        result.fill(from: value, order: Self.channelsLast)
        return result
    }

    private func multiply(
        _ image: Tensor, _ packed: PackedMatrix, _ bias: [Float], _ weight: Shape, into output: inout Tensor, on kernels: Kernels,
        _ pool: inout ArrayPool<Float>
    ) {
        let windows = windows(of: image, weight, output)
        let kernel = LayerKernel(
            .floats(packed), windows: windows, bias: bias, source: nil, activation: nil, target: nil, eventDensity: 0)
        var (state, outputs, scratch) = (LayerState(), LayerOutputs(), pool.take(kernel.scratchCount(steps: 1)))
        swap(&outputs.value, &output.values)
        _ = kernels.run(
            kernel, rows: output.shape[0] * windows.rowsPerImage, firstStep: 1, steps: 1, codes: [], input: image.values, addend: nil,
            state: &state, outputs: &outputs, scratch: &scratch)
        swap(&outputs.value, &output.values)
        pool.give(scratch)
    }

    private func windows(of image: Tensor, _ weight: Shape, _ output: Tensor) -> ImageWindows {
        windows(
            image: Array(image.shape.dimensions[1...]), kernel: [weight[1], weight[2]], positions: [output.shape[1], output.shape[2]])
    }

    /// All groups at once.
    private func multiplyTogether(
        _ image: Tensor, _ weight: Tensor, _ bias: [Float], into output: inout Tensor, on kernels: Kernels, _ pool: inout ArrayPool<Float>
    ) {
        let kernel = GroupedKernel(
            weight.values, windows: windows(of: image, weight.shape, output), width: weight.shape[3], bias: bias, source: nil,
            activation: nil, target: nil)
        var (state, outputs, scratch) = (LayerState(), LayerOutputs(), pool.take(kernel.scratchCount(steps: 1)))
        swap(&outputs.value, &output.values)
        _ = kernels.run(
            kernel, rows: output.shape[0] * kernel.windows.rowsPerImage, firstStep: 1, steps: 1, codes: [], input: image.values, addend: nil,
            state: &state,
            outputs: &outputs, scratch: &scratch)
        swap(&outputs.value, &output.values)
        pool.give(scratch)
    }

    /// One group after the other, on images and weights of its own.
    private func multiplyGroups(
        _ image: Tensor, _ weight: Tensor, _ bias: [Float], into output: inout Tensor, on kernels: Kernels, _ pool: inout ArrayPool<Float>
    ) {
        let (width, outputs) = (weight.shape[3], weight.shape[0] / groups)
        let (strides, count) = (image.shape.strides, weight.count / groups)
        for group in 0..<groups {
            var part = Tensor(Shape(Array(image.shape.dimensions.dropLast()) + [width]), pool.take(image.count / groups))
            part.fill(from: image.values, offset: group * width, strides: strides)
            var value = Tensor(Shape(Array(output.shape.dimensions.dropLast()) + [outputs]), pool.take(output.count / groups))
            let packed = PackedMatrix(
                transposing: weight.values, offset: group * count, outputs: outputs, inputs: weight.shape.rowCount)
            multiply(
                part, packed, bias.isEmpty ? [] : Array(bias[group * outputs..<(group + 1) * outputs]), weight.shape, into: &value,
                on: kernels, &pool)
            for pixel in 0..<output.count / max(1, weight.shape[0]) {
                for channel in 0..<outputs {
                    output.values[pixel * weight.shape[0] + group * outputs + channel] = value.values[pixel * outputs + channel]
                }
            }
            pool.give(value.values)
            pool.give(part.values)
        }
    }
}
