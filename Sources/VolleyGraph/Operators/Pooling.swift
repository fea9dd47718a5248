public import VolleyTensors

/// The largest or the mean value of each window:
/// `y[n,c,i,j] = max or mean over u, v of x[n,c, i·stride + u·dilation − padding, j·…]`.
///
/// x `[N, C, H, W]`, y `[N, C, OH, OW]`; with one length per axis, any number of axes is pooled after the first two. Positions
/// outside the input do not take part: a maximum over none is the lowest finite number, a mean over none is 0.
public struct Pooling: Operation {
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

    public init(
        _ function: Function, kernel: [Int], stride: [Int], dilation: [Int] = [1, 1], padding: [[Int]] = [[0, 0], [0, 0]],
        ceilMode: Bool = false, countsPadding: Bool = false
    ) {
        self.function = function
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
        self.padding = padding
        self.ceilMode = ceilMode
        self.countsPadding = countsPadding
    }

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
        guard x.rank == 2 + axes, x.dimensions[2...].allSatisfy({ !$0.scalesWithBatch && possible.contains($0.size) }) else {
            throw GraphError(.shapeMismatch, "pooling: a kernel \(kernel) does not fit an input [N, C, …] of shape \(x)")
        }
        let sizes = try (0..<axes).map { axis in
            guard let count = windowCount(axis, length: x[2 + axis].size) else {
                throw GraphError(.shapeMismatch, "pooling: kernel \(kernel) is larger than the padded input \(x)")
            }
            return Dimension(count)
        }
        return SymbolicShape(x.dimensions[..<2] + sizes)
    }

    /// - Returns: nil when the kernel does not fit. The lengths are at most 2^31, so nothing here overflows.
    private func windowCount(_ axis: Int, length: Int) -> Int? {
        let (extent, overflow) = dilation[axis].multipliedReportingOverflow(by: kernel[axis] - 1)
        let padded = length + padding[axis][0] + padding[axis][1]
        guard !overflow, extent < padded else { return nil }
        let room = padded - extent - 1
        let count = (room + (ceilMode ? stride[axis] - 1 : 0)) / stride[axis] + 1
        return (count - 1) * stride[axis] >= length + padding[axis][0] ? max(1, count - 1) : count
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { function == .average ? .affine : .nonlinear }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        // A window is a product of intervals: the last axis is folded first, then the one before it.
        var value = inputs[0]
        for axis in kernel.indices.reversed() {
            var dimensions = value.shape.dimensions
            dimensions[2 + axis] = output.shape[2 + axis]
            var folded = Tensor(Shape(dimensions))
            fold(value, AxisSplit(value.shape, axis: 2 + axis), axis, windows: output.shape[2 + axis], into: &folded.values)
            value = folded
        }
        output = value
    }

    private func fold(_ input: Tensor, _ split: AxisSplit, _ axis: Int, windows: Int, into output: inout [Float]) {
        let inner = split.inner
        for window in 0..<windows {
            let first = window * stride[axis] - padding[axis][0]
            /// How many positions of the window lie before `end`.
            func taps(before end: Int) -> Int {
                min(kernel[axis], max(0, (end - first + dilation[axis] - 1) / dilation[axis]))
            }
            let inside = taps(before: 0)..<taps(before: split.length)
            let positions = inside.map { (first + $0 * dilation[axis]) * inner }
            let divisor = countsPadding ? taps(before: split.length + padding[axis][1]) : inside.count
            for block in 0..<split.outer {
                let (from, to) = (block * split.length * inner, (block * windows + window) * inner)
                switch function {
                case .maximum: largest(of: input.values, from, positions, inner, into: &output, to)
                case .average: mean(of: input.values, from, positions, inner, Float(max(1, divisor)), into: &output, to)
                }
            }
        }
    }

    private func largest(
        of input: [Float], _ from: Int, _ positions: [Int], _ inner: Int, into output: inout [Float], _ to: Int
    ) {
        for index in 0..<inner {
            var largest = -Float.greatestFiniteMagnitude
            for position in positions {
                let value = input[from + position + index]
                if value > largest || value.isNaN { largest = value }
            }
            output[to + index] = largest
        }
    }

    private func mean(
        of input: [Float], _ from: Int, _ positions: [Int], _ inner: Int, _ divisor: Float, into output: inout [Float],
        _ to: Int
    ) {
        for index in 0..<inner {
            var sum: Float = 0
            for position in positions { sum += input[from + position + index] }
            output[to + index] = sum / divisor
        }
    }
}
