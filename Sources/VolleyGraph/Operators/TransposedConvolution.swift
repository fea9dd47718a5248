public import VolleyTensors

/// The transpose of a convolution: every pixel adds its kernel to the result,
/// `y[n,o, i·stride + u·dilation − crop, j·…] += W[c,o,u,v] · x[n,c,i,j]`, and b[o] is added everywhere.
///
/// x `[N, C, H, W]`, W `[C, O/groups, KH, KW]`, b `[O]` (may be left out), y `[N, O, OH, OW]` with
/// `OH = stride·(H − 1) + dilation·(KH − 1) + 1 − crop before − crop after`.
///
/// Affine where one of its inputs is static (<doc:Semantics>, section 2), otherwise a product of two values that change over time
/// (<doc:Semantics>, section 4.2).
public struct TransposedConvolution: GraphOperation {
    /// Along height and width: how far apart neighbouring pixels put their kernels.
    public var stride: [Int]
    public var dilation: [Int]
    /// Rows of the result cut off before and after the height, columns before and after the width. A negative amount adds rows,
    /// which no pixel may reach.
    public var crop: [[Int]]
    public var groups: Int

    public init(stride: [Int], dilation: [Int] = [1, 1], crop: [[Int]] = [[0, 0], [0, 0]], groups: Int = 1) {
        self.stride = stride
        self.dilation = dilation
        self.crop = crop
        self.groups = groups
    }

    public var arity: ClosedRange<Int> { 2...3 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        let (x, weight) = (inputs[0], inputs[1])
        let largest = SymbolicShape.maximumCount
        guard stride.count == 2, dilation.count == 2, crop.count == 2, crop.allSatisfy({ $0.count == 2 }),
            (stride + dilation + [groups]).allSatisfy({ (1...largest).contains($0) }),
            crop.joined().allSatisfy({ (-largest...largest).contains($0) })
        else {
            throw GraphError(.shapeMismatch, "transposed convolution: strides, dilations and groups must be positive")
        }
        guard x.rank == 4, weight.rank == 4, x.isSupported, weight.isSupported,
            (x.dimensions[1...] + weight.dimensions).allSatisfy({ !$0.scalesWithBatch && $0.size > 0 }),
            x[1] == weight[0], x[1].size % groups == 0, inputs.count == 2 || inputs[2] == [SymbolicLength(weight[1].size * groups)]
        else {
            throw GraphError(
                .shapeMismatch,
                "transposed convolution: weight \(weight) and \(groups) groups do not fit an input [N, C, H, W] of shape \(x)")
        }
        let size = try (0..<2).map { axis in
            let full = stride[axis] * (x[2 + axis].size - 1) + dilation[axis] * (weight[2 + axis].size - 1) + 1
            guard full > crop[axis][0] + crop[axis][1] else {
                throw GraphError(.shapeMismatch, "transposed convolution: cropping \(crop) leaves nothing of \(full) positions")
            }
            return SymbolicLength(full - crop[axis][0] - crop[axis][1])
        }
        let contributions = SymbolicShape([x[0], x[2], x[3]] + weight.dimensions[1...])
        guard contributions.isSupported else {
            throw GraphError(
                .shapeMismatch,
                "transposed convolution: what the pixels add, \(contributions), holds more than \(largest) elements per sample")
        }
        return SymbolicShape([x[0], SymbolicLength(weight[1].size * groups)] + size)
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs.onlyFirst.unless { $0 != 0 } }

    public func kind(timeVarying: [Bool]) -> OperatorKind { timeVarying[0] && timeVarying[1] ? .bilinear : .affine }

    public func synapticInputs(timeVarying: [Bool]) -> [Int] { (0...1).filter { timeVarying[$0] } }

    public func multiplyAccumulates(inputs: [Shape], output: Shape) -> Int {
        fanOut(input: inputs[0], weight: inputs[1]).reduce(0, +) * inputs[0][0] * inputs[0][1]
    }

    /// How many outputs each pixel of a channel reaches, `[H × W]`: fewer where the result is cropped.
    public func fanOut(input: Shape, weight: Shape) -> [Int] {
        let rows = reached(0, input, weight), columns = reached(1, input, weight)
        return rows.flatMap { row in columns.map { row.count * $0.count * weight[1] } }
    }

    /// By position along an axis: the taps of its kernel that fall into the result.
    private func reached(_ axis: Int, _ input: Shape, _ weight: Shape) -> [[Int]] {
        let length = stride[axis] * (input[2 + axis] - 1) + dilation[axis] * (weight[2 + axis] - 1) + 1
        let kept = crop[axis][0]..<length - crop[axis][1]
        return (0..<input[2 + axis]).map { position in
            (0..<weight[2 + axis]).filter { kept.contains(position * stride[axis] + $0 * dilation[axis]) }
        }
    }

    static func pack(_ weight: Tensor) -> PackedMatrix {
        let columns = weight.shape.rowCount
        return PackedMatrix(rows: weight.shape[0], columns: columns, values: weight.values, rowStride: columns, columnStride: 1)
    }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        var pool = ArrayPool<Float>()
        evaluate(inputs, packed: nil, into: &output, on: kernels, pool: &pool)
    }

    /// Elements of what the pixels add that are held at once, as far as single images allow.
    private static let contributionBudget = 1 << 20

    /// - Parameters:
    ///   - packed: the weight, where there is one group and it is packed already.
    ///   - pool: memory for the pixels and for what they add.
    func evaluate(
        _ inputs: [Tensor], packed: PackedMatrix?, into output: inout Tensor, on kernels: Kernels, pool: inout ArrayPool<Float>
    ) {
        let (x, weight) = (inputs[0], inputs[1])
        let pixels = x.shape[2] * x.shape[3]
        let (channels, columns) = (weight.shape[0] / groups, weight.shape.rowCount)
        let plane = output.shape[2] * output.shape[3]
        for row in 0..<output.shape[0] * output.shape[1] {
            let start = inputs.count > 2 ? inputs[2].values[row % output.shape[1]] : 0
            for index in row * plane..<(row + 1) * plane { output.values[index] = start }
        }
        let batch = x.shape[0]
        let most = max(1, min(batch, Self.contributionBudget / max(1, pixels * (channels + columns))))
        let taps = (0..<2).map { reached($0, x.shape, weight.shape) }
        for group in 0..<groups {
            let packed =
                packed
                ?? PackedMatrix(
                    rows: channels, columns: columns, values: weight.values, offset: group * channels * columns,
                    rowStride: columns, columnStride: 1)
            for first in Swift.stride(from: 0, to: batch, by: most) {
                let count = min(batch, first + most) - first
                // Every pixel of every image as a row of its channels.
                var rows = Tensor([count, pixels, channels], pool.take(count * pixels * channels))
                rows.fill(
                    from: x.values, offset: (first * x.shape[1] + group * channels) * pixels,
                    strides: [x.shape[1] * pixels, 1, pixels])
                var added = pool.take(count * pixels * columns)
                kernels.multiply(rows.values, rows: count * pixels, by: packed, into: &added)
                for image in 0..<count {
                    let target = ((first + image) * output.shape[1] + group * weight.shape[1]) * plane
                    add(added, from: image * pixels * columns, to: &output, at: target, x.shape, weight.shape, taps)
                }
                pool.give(added)
                pool.give(rows.values)
            }
        }
    }

    /// Adds one image's kernels, `[H, W, O/groups, KH, KW]` from `source` on, to the result's channels from `target` on.
    private func add(
        _ added: [Float], from source: Int, to output: inout Tensor, at target: Int, _ x: Shape, _ weight: Shape, _ taps: [[[Int]]]
    ) {
        let (kernel, width) = (weight[2] * weight[3], output.shape[3])
        let plane = output.shape[2] * width
        for channel in 0..<weight[1] {
            for row in 0..<x[2] {
                for u in taps[0][row] {
                    let to = target + channel * plane + (row * stride[0] + u * dilation[0] - crop[0][0]) * width - crop[1][0]
                    for column in 0..<x[3] {
                        let from = source + (row * x[3] + column) * weight[1] * kernel + channel * kernel + u * weight[3]
                        for v in taps[1][column] {
                            output.values[to + column * stride[1] + v * dilation[1]] += added[from + v]
                        }
                    }
                }
            }
        }
    }
}
