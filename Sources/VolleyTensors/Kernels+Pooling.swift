internal import CVolleyKernels

/// What one window of a pooling covers along an axis.
public struct PoolWindow: Sendable, Hashable {
    /// The first position inside the input.
    public var first: Int
    /// How many positions inside the input there are.
    public var taps: Int
    /// What a mean divides by.
    public var divisor: Float

    public init(first: Int, taps: Int, divisor: Float) {
        self.first = first
        self.taps = taps
        self.divisor = divisor
    }
}

extension Kernels {
    /// Folds windows along one axis: `[outer, length, inner]` → `[outer, windows, inner]`.
    ///
    /// The largest value under a window, the lowest finite number for none and NaN if one is; or the sum of its values, first to last, over
    /// its divisor.
    /// - Parameter dilation: from one position of a window to the next.
    public func pool(
        mean isMean: Bool, _ input: [Float], outer: Int, length: Int, inner: Int, windows: [PoolWindow], dilation: Int,
        into output: inout [Float]
    ) {
        precondition(input.count == outer * length * inner && output.count == outer * windows.count * inner, "whole axes")
        for window in windows where window.taps > 0 {
            precondition(window.first >= 0 && window.first + (window.taps - 1) * dilation < length, "windows inside the input")
        }
        guard !output.isEmpty else { return }
        let windows = windows.map { vk_pool_window(first: $0.taps > 0 ? $0.first : 0, taps: $0.taps, divisor: $0.divisor) }
        unsafe windows.withUnsafeBufferPointer { windows in
            unsafe withOptionalPointer(input) { input in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    unsafe table.pointee.pool(
                        isMean ? 1 : 0, outer, length, inner, dilation, windows.count, windows.baseAddress, input, output.baseAddress)
                }
            }
        }
    }
}
