internal import VolleyTensors

/// How many values lie in each of a number of bins of equal width, over a range that grows with the values.
///
/// The width w is the smallest power of two, at least 2⁻¹⁴⁹, for which all values lie in `−n/2·w ≤ x < n/2·w`; bin i of the n counts
/// `i·w ≤ x + n/2·w < (i+1)·w`. Where the range grows, neighbours are joined, and since widths are powers of two that gives what
/// the final width would have given from the beginning.
public struct Histogram: Observer, Hashable {
    public static let title = "histogram"

    /// How many values lie in each bin.
    public private(set) var counts: [Int]
    /// The logarithm of w to the base 2.
    private var exponent = -149

    /// - Parameter bins: n, a power of two, at least 2.
    public init(bins: Int) {
        precondition(bins >= 2 && bins & (bins - 1) == 0, "a number of bins that is a power of two")
        counts = [Int](repeating: 0, count: bins)
    }

    /// w.
    public var width: Double { Double(sign: .plus, exponent: exponent, significand: 1) }

    /// The values that are counted in a bin: from the lower bound up to, but without, the upper one.
    public func range(ofBin index: Int) -> Range<Double> {
        let lower = Double(index - counts.count / 2) * width
        return lower..<lower + width
    }

    public mutating func add(_ observation: Observation) {
        guard let extremes = observation.value.values.extremes else { return }
        grow(to: max(needed(for: extremes.lowerBound), needed(for: extremes.upperBound)))
        let (scale, half) = (1 / width, counts.count / 2)
        for value in observation.value.values { counts[Int((Double(value) * scale).rounded(.down)) + half] += 1 }
    }

    public mutating func merge(_ other: Histogram) {
        precondition(counts.count == other.counts.count, "histograms with as many bins")
        var other = other
        grow(to: other.exponent)
        other.grow(to: exponent)
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// The exponent of the smallest width whose range holds a value.
    private func needed(for value: Float) -> Int {
        guard value != 0 else { return -149 }
        let half = counts.count.trailingZeroBitCount - 1
        // The lower end of the range belongs to it, the upper one does not.
        let isLowerEnd = value < 0 && value.magnitude.significand == 1
        return Int(value.exponent) + (isLowerEnd ? 0 : 1) - half
    }

    private mutating func grow(to exponent: Int) {
        guard exponent > self.exponent else { return }
        let shift = min(exponent - self.exponent, Int.bitWidth - 1)
        let half = counts.count / 2
        var joined = [Int](repeating: 0, count: counts.count)
        for (index, count) in counts.enumerated() where count > 0 { joined[((index - half) >> shift) + half] += count }
        counts = joined
        self.exponent = exponent
    }
}

extension [Float] {
    /// The smallest and the largest; nil where there are none.
    var extremes: ClosedRange<Float>? {
        guard var low = first else { return nil }
        var high = low
        for value in self {
            low = Swift.min(low, value)
            high = Swift.max(high, value)
        }
        return low...high
    }
}
