public import VolleyTensors

/// `y[n,o,i,j] = b[o] + Σ_{c,u,v} W[o,c,u,v] · x[n,c, i·stride + u·dilation − padding, j·…]`, zero outside the image.
///
/// x `[N, C, H, W]`, W `[O, C/groups, KH, KW]`, b `[O]` (may be left out), y `[N, O, OH, OW]`; with the channels last, x
/// `[N, H, W, C]`, W `[O, KH, KW, C/groups]`, y `[N, OH, OW, O]`. Both sum in the order u, v, c, in one chain of fused multiply-adds.
///
/// Affine where one of its inputs is static (<doc:Semantics>, section 2), otherwise a product of two values that change over time
/// (<doc:Semantics>, section 4.2).
public struct Convolution: GraphOperation {
    /// Along height and width.
    public var stride: [Int]
    public var dilation: [Int]
    /// Rows of zeros before and after the height, columns before and after the width.
    public var padding: [[Int]]
    public var groups: Int
    /// Of x, W and y.
    public var channels: ChannelLayout

    public init(
        stride: [Int], dilation: [Int] = [1, 1], padding: [[Int]] = [[0, 0], [0, 0]], groups: Int = 1, channels: ChannelLayout = .first
    ) {
        self.stride = stride
        self.dilation = dilation
        self.padding = padding
        self.groups = groups
        self.channels = channels
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
        let (channel, spatial) = (channels.channelAxis(rank: 4), channels.firstSpatialAxis)
        guard x.rank == 4, weight.rank == 4, x.isSupported, weight.isSupported,
            (x.dimensions[1...] + weight.dimensions[1...]).allSatisfy({ !$0.scalesWithBatch }),
            x[channel].size == weight[channel].size * groups, weight[0].size % groups == 0, weight[spatial].size > 0,
            weight[spatial + 1].size > 0, inputs.count == 2 || inputs[2] == [weight[0]]
        else {
            let axes = channels == .first ? "[N, C, H, W]" : "[N, H, W, C]"
            throw GraphError(
                .shapeMismatch,
                "convolution: weight \(weight) and \(groups) groups do not fit an input \(axes) of shape \(x)")
        }
        let padded = (0..<2).map { axis in x[spatial + axis].size + padding[axis][0] + padding[axis][1] }
        let size = try (0..<2).map { axis in
            let room = padded[axis] - dilation[axis] * (weight[spatial + axis].size - 1) - 1
            guard room >= 0 else {
                throw GraphError(.shapeMismatch, "convolution: kernel \(weight) is larger than the padded input \(x)")
            }
            return SymbolicLength(room / stride[axis] + 1)
        }
        let image = SymbolicShape([x[0], x[channel]] + padded.map { SymbolicLength($0) })
        let windows = SymbolicShape([x[0]] + size + weight.dimensions[1...])
        guard image.isSupported, windows.isSupported else {
            throw GraphError(
                .shapeMismatch,
                "convolution: the padded input \(image) or its windows \(windows) hold more than \(largest) elements per sample")
        }
        return SymbolicShape(channels == .first ? [x[0], weight[0]] + size : [x[0]] + size + [weight[0]])
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs.onlyFirst.unless { $0 != 0 } }

    public func kind(timeVarying: [Bool]) -> OperatorKind { timeVarying[0] && timeVarying[1] ? .bilinear : .affine }

    public func synapticInputs(timeVarying: [Bool]) -> [Int] { (0...1).filter { timeVarying[$0] } }

    public func multiplyAccumulates(inputs: [Shape], output: Shape) -> Int {
        fanOut(input: inputs[0], weight: inputs[1]).reduce(0, +) * inputs[0][0] * inputs[0][channels.channelAxis(rank: 4)]
    }

    /// How many outputs each pixel of a channel reaches, `[H × W]`: fewer at the border.
    public func fanOut(input: Shape, weight: Shape) -> [Int] {
        func windows(_ axis: Int) -> [Int] {
            let (length, kernel) = (input[channels.firstSpatialAxis + axis], weight[channels.firstSpatialAxis + axis])
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
}
