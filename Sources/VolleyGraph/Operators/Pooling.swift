public import VolleyTensors

/// The largest or the mean value of each window:
/// `y[n,c,i,j] = max or mean over u, v of x[n,c, i·stride + u·dilation − padding, j·…]`.
///
/// x `[N, C, H, W]`, y `[N, C, OH, OW]`, or both with the channels last; with one length per axis, any number of axes is pooled.
/// Positions outside the input do not take part: a maximum over none is the lowest finite number, a mean over none is 0.
///
/// The mean is affine (<doc:Semantics>, section 2), the maximum nonlinear (<doc:Semantics>, section 4.1).
public struct Pooling: GraphOperation {
    public enum Function: String, Sendable, Hashable, Codable, CaseIterable { case maximum, average }

    public var function: Function
    /// Along height and width, as are the others.
    public var kernel: [Int]
    public var stride: [Int]
    public var dilation: [Int]
    /// Positions before and after each axis.
    public var padding: [[Int]]
    /// Whether a last window that reaches beyond the padding counts, provided that it begins before it.
    public var ceilMode: Bool
    /// Whether a mean divides by the positions in the padding too.
    public var countsPadding: Bool
    public var channels: ChannelLayout
    /// How a maximum is taken of spikes that arrive over time; nil: of the estimates, as of any nonlinear operator.
    public var spikeRule: SpikeRule?

    /// A maximum of what arrives at a time-step, `x_i(t)`, instead of one of the estimates.
    public enum SpikeRule: String, Sendable, Hashable, Codable, CaseIterable {
        /// `max_i x_i(t)`.
        case stepMaximum
        /// `x_k(t)` of the member k with the largest `Σ_{s≤t} x_k(s)`; of several, the first in row-major order. Rueckauer et al., Front.
        /// Neurosci. 11:682, 2017, section 2.2.
        case gateFirst
        /// The same; of several, the one with the largest `x_k(t)`. As in the program of Li and Zeng, IJCAI 2022.
        case gateLargest
    }

    public init(
        _ function: Function, kernel: [Int], stride: [Int], dilation: [Int] = [1, 1], padding: [[Int]] = [[0, 0], [0, 0]],
        ceilMode: Bool = false, countsPadding: Bool = false, spikeRule: SpikeRule? = nil, channels: ChannelLayout = .first
    ) {
        self.function = function
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
        self.padding = padding
        self.ceilMode = ceilMode
        self.countsPadding = countsPadding
        self.channels = channels
        self.spikeRule = spikeRule
    }

    /// The axis of x that the first length is about.
    private var firstAxis: Int { channels.firstSpatialAxis }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        let (x, axes) = (inputs[0], kernel.count)
        let possible = 1...SymbolicShape.maximumCount
        guard axes > 0, stride.count == axes, dilation.count == axes, padding.count == axes,
            padding.allSatisfy({ $0.count == 2 && $0.allSatisfy { (0...SymbolicShape.maximumCount).contains($0) } }),
            (kernel + stride + dilation).allSatisfy(possible.contains)
        else {
            throw GraphError(
                .shapeMismatch, "pooling: kernel, strides and dilations must be positive, padding not negative, one per axis")
        }
        let pooled = firstAxis..<firstAxis + axes
        guard x.rank == 2 + axes, x.dimensions[pooled].allSatisfy({ !$0.scalesWithBatch && possible.contains($0.size) }) else {
            let shape = channels == .first ? "[N, C, …]" : "[N, …, C]"
            throw GraphError(.shapeMismatch, "pooling: a kernel \(kernel) does not fit an input \(shape) of shape \(x)")
        }
        var shape = x
        for axis in pooled {
            guard let count = windowCount(axis - firstAxis, length: x[axis].size) else {
                throw GraphError(.shapeMismatch, "pooling: kernel \(kernel) is larger than the padded input \(x)")
            }
            shape[axis] = SymbolicLength(count)
        }
        return shape
    }

    /// - Returns: nil when the kernel does not fit. The lengths are at most 2^31, so nothing here overflows.
    private func windowCount(_ axis: Int, length: Int) -> Int? {
        let (extent, overflow) = dilation[axis].multipliedReportingOverflow(by: kernel[axis] - 1)
        let padded = length + padding[axis][0] + padding[axis][1]
        // One window may be larger than what is there, by less than a stride.
        guard !overflow, padded - extent > 1 - stride[axis] else { return nil }
        let room = padded - extent - 1
        guard ceilMode else { return room / stride[axis] + 1 }
        let count = (room + stride[axis] - 1) / stride[axis] + 1
        let beginsBehind = (count - 1) * stride[axis] >= length + padding[axis][0]
        return beginsBehind ? count - 1 : count
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        inputs[0].axis.unless { $0 >= firstAxis && $0 < firstAxis + kernel.count }
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { function == .average ? .affine : .nonlinear }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        guard output.count > 0 else { return }
        // A window is a product of intervals, so one axis is folded after the other. What shrinks goes first, so that nothing
        // on the way is larger than both ends.
        let axes = (firstAxis..<firstAxis + kernel.count).reversed()
        let (input, target) = (inputs[0], output.shape)
        let order = axes.filter { target[$0] <= input.shape[$0] } + axes.filter { target[$0] > input.shape[$0] }
        output = order.reduce(input) { fold($0, axis: $1, to: target[$1], on: kernels) }
    }

    /// Which elements of an input each element of the output is made of, as positions in the input, row-major within a window.
    /// - Parameters:
    ///   - input: its shape, batch and channels included.
    ///   - output: the same.
    public func windows(input: Shape, output: Shape) -> [[Int]] {
        let moving = firstAxis..<firstAxis + kernel.count
        var windows = [[0]]
        for axis in 0..<output.rank {
            let along = (0..<output[axis]).map { index in
                guard moving.contains(axis) else { return [index] }
                let window = window(index, axis - firstAxis, length: input[axis])
                return (0..<window.taps).map { window.first + $0 * dilation[axis - firstAxis] }
            }
            windows = windows.flatMap { outer in
                along.map { positions in outer.flatMap { start in positions.map { start * input[axis] + $0 } } }
            }
        }
        return windows
    }

    private func fold(_ input: Tensor, axis: Int, to count: Int, on kernels: Kernels) -> Tensor {
        let split = AxisSplit(input.shape, axis: axis)
        var shape = input.shape
        shape[axis] = count
        var result = Tensor(shape)
        kernels.pool(
            mean: function == .average, input.values, outer: split.outer, length: split.length, inner: split.inner,
            windows: (0..<count).map { window($0, axis - firstAxis, length: split.length) }, dilation: dilation[axis - firstAxis],
            into: &result.values)
        return result
    }

    /// Which positions of the input one window covers along an axis, and what a mean over them divides by.
    private func window(_ index: Int, _ axis: Int, length: Int) -> PoolWindow {
        let first = index * stride[axis] - padding[axis][0]
        func taps(before end: Int) -> Int {
            min(kernel[axis], max(0, (end - first + dilation[axis] - 1) / dilation[axis]))
        }
        let inside = taps(before: 0)..<taps(before: length)
        let divisor = countsPadding ? taps(before: length + padding[axis][1]) : inside.count
        return PoolWindow(
            first: first + inside.lowerBound * dilation[axis], taps: inside.count, divisor: Float(max(1, divisor)))
    }
}
