public import VolleyTensors

/// `y[n,o,i,j] = b[o] + Σ_{c,u,v} W[o,c,u,v] · x[n,c, i·stride + u·dilation − padding, j·…]`, zero outside the image.
///
/// x `[N, C, H, W]`, W `[O, C/groups, KH, KW]`, b `[O]` (may be left out), y `[N, O, OH, OW]`.
///
/// Affine where one of its inputs is static (<doc:Semantics>, section 2), otherwise a product of two values that change over time
/// (<doc:Semantics>, section 4.2).
public struct Convolution: Operation {
    /// Along height and width.
    public var stride: [Int]
    public var dilation: [Int]
    /// Rows of zeros before and after the height, columns before and after the width.
    public var padding: [[Int]]
    public var groups: Int

    public init(stride: [Int], dilation: [Int] = [1, 1], padding: [[Int]] = [[0, 0], [0, 0]], groups: Int = 1) {
        self.stride = stride
        self.dilation = dilation
        self.padding = padding
        self.groups = groups
    }

    public var arity: ClosedRange<Int> { 2...3 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        let (x, weight) = (inputs[0], inputs[1])
        let largest = SymbolicShape.maximumCount
        guard stride.count == 2, dilation.count == 2, padding.count == 2, padding.allSatisfy({ $0.count == 2 }),
            (stride + dilation + [groups]).allSatisfy({ (1...largest).contains($0) }),
            padding.joined().allSatisfy({ (0...largest).contains($0) })
        else {
            throw GraphError(
                .shapeMismatch, "convolution: strides, dilations and groups must be positive, padding not negative")
        }
        guard x.rank == 4, weight.rank == 4, x.isSupported, weight.isSupported,
            (x.dimensions[1...] + weight.dimensions[1...]).allSatisfy({ !$0.scalesWithBatch }),
            x[1].size == weight[1].size * groups, weight[0].size % groups == 0, weight[2].size > 0, weight[3].size > 0,
            inputs.count == 2 || inputs[2] == [weight[0]]
        else {
            throw GraphError(
                .shapeMismatch,
                "convolution: weight \(weight) and \(groups) groups do not fit an input [N, C, H, W] of shape \(x)")
        }
        let padded = (0..<2).map { axis in x[2 + axis].size + padding[axis][0] + padding[axis][1] }
        let size = try (0..<2).map { axis in
            let room = padded[axis] - dilation[axis] * (weight[2 + axis].size - 1) - 1
            guard room >= 0 else {
                throw GraphError(.shapeMismatch, "convolution: kernel \(weight) is larger than the padded input \(x)")
            }
            return Dimension(room / stride[axis] + 1)
        }
        let image = SymbolicShape([x[0], x[1]] + padded.map { Dimension($0) })
        let windows = SymbolicShape([x[0]] + size + weight.dimensions[1...])
        guard image.isSupported, windows.isSupported else {
            throw GraphError(
                .shapeMismatch,
                "convolution: the padded input \(image) or its windows \(windows) hold more than \(largest) elements per sample")
        }
        return SymbolicShape([x[0], weight[0]] + size)
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs.onlyFirst.unless { $0 != 0 } }

    public func kind(timeVarying: [Bool]) -> OperatorKind { timeVarying[0] && timeVarying[1] ? .bilinear : .affine }

    public func synapticInputs(timeVarying: [Bool]) -> [Int] { (0...1).filter { timeVarying[$0] } }

    public func multiplyAccumulates(inputs: [Shape], output: Shape) -> Int {
        fanOut(input: inputs[0], weight: inputs[1]).reduce(0, +) * inputs[0][0] * inputs[0][1]
    }

    /// How many outputs each pixel of a channel reaches, `[H × W]`: fewer at the border.
    public func fanOut(input: Shape, weight: Shape) -> [Int] {
        func windows(_ axis: Int) -> [Int] {
            let (length, kernel) = (input[2 + axis], weight[2 + axis])
            var reached = [Int](repeating: 0, count: length)
            let room = length + padding[axis].reduce(0, +) - dilation[axis] * (kernel - 1) - 1
            for window in 0...room / stride[axis] {
                for tap in 0..<kernel {
                    let position = window * stride[axis] + tap * dilation[axis] - padding[axis][0]
                    if reached.indices.contains(position) { reached[position] += 1 }
                }
            }
            return reached
        }
        let columns = windows(1)
        return windows(0).flatMap { row in columns.map { row * $0 * weight[0] / groups } }
    }

    static func pack(_ weight: Tensor) -> PackedMatrix {
        PackedMatrix(transposing: weight.values, outputs: weight.shape[0], inputs: weight.shape.rowCount)
    }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        var pool = ArrayPool<Float>()
        evaluate(inputs, packed: nil, into: &output, on: kernels, pool: &pool)
    }

    /// Elements of windows and of their results that are held at once, as far as single images allow.
    private static let windowBudget = 1 << 20

    /// - Parameters:
    ///   - packed: the weight, where there is one group and it is packed already.
    ///   - pool: memory for the padded image, for windows and for their results.
    func evaluate(
        _ inputs: [Tensor], packed: PackedMatrix?, into output: inout Tensor, on kernels: Kernels, pool: inout ArrayPool<Float>
    ) {
        let weight = inputs[1]
        let image = padded(inputs[0], &pool)
        let strides = image.shape.strides
        let (batch, pixels) = (output.shape[0], output.shape[2] * output.shape[3])
        let taps = weight.shape.rowCount
        let outputs = weight.shape[0] / groups
        let most = max(1, min(batch, Self.windowBudget / max(1, pixels * (taps + outputs))))
        for group in 0..<groups {
            let packed =
                packed
                ?? PackedMatrix(
                    transposing: weight.values, offset: group * outputs * taps, outputs: outputs, inputs: taps)
            let bias = inputs.count > 2 ? Array(inputs[2].values[group * outputs..<(group + 1) * outputs]) : nil
            for first in Swift.stride(from: 0, to: batch, by: most) {
                let images = first..<min(batch, first + most)
                // Every window of every image as a row of a matrix.
                let shape = Shape([images.count, output.shape[2], output.shape[3]] + weight.shape.dimensions.dropFirst())
                var windows = Tensor(shape, pool.take(shape.count))
                windows.fill(
                    from: image.values, offset: first * strides[0] + group * weight.shape[1] * strides[1],
                    strides: [
                        strides[0], stride[0] * strides[2], stride[1] * strides[3], strides[1], dilation[0] * strides[2],
                        dilation[1] * strides[3],
                    ])
                var rows = pool.take(images.count * pixels * outputs)
                kernels.multiply(windows.values, rows: images.count * pixels, by: packed, bias: bias, into: &rows)
                for sample in images {
                    output.values.fill(
                        at: (sample * weight.shape[0] + group * outputs) * pixels, lengths: [outputs, pixels], from: rows,
                        offset: (sample - first) * pixels * outputs, strides: [1, outputs])
                }
                pool.give(rows)
                pool.give(windows.values)
            }
        }
        if image.shape != inputs[0].shape { pool.give(image.values) }
    }

    /// The image itself where there is no padding.
    private func padded(_ image: Tensor, _ pool: inout ArrayPool<Float>) -> Tensor {
        guard padding.joined().contains(where: { $0 > 0 }) else { return image }
        let (height, width) = (image.shape[2], image.shape[3])
        let shape: Shape = [
            image.shape[0], image.shape[1], height + padding[0].reduce(0, +), width + padding[1].reduce(0, +),
        ]
        var values = pool.take(shape.count)
        for index in values.indices { values[index] = 0 }
        for plane in 0..<image.shape[0] * image.shape[1] {
            for row in 0..<height {
                let from = (plane * height + row) * width
                let to = (plane * shape[2] + row + padding[0][0]) * shape[3] + padding[1][0]
                values.replaceSubrange(to..<to + width, with: image.values[from..<from + width])
            }
        }
        return Tensor(shape, values)
    }
}
