internal import Foundation
internal import VolleyTensors

/// Where an axis begins and ends, and which numbers are marked on it.
public struct AxisTicks: Sendable, Hashable {
    public let lower: Double
    public let upper: Double
    /// Ascending, within the ends.
    public let values: [Double]
    /// What stands at each of them.
    public let labels: [String]
    private let scale: Chart.Axis.Scale

    /// - Parameters:
    ///   - values: what the axis must show; numbers that cannot stand on it do not count.
    ///   - count: about how many numbers to mark.
    public init(_ axis: Chart.Axis, showing values: some Sequence<Double>, count: Int = 5) {
        let shown = (Array(values) + axis.including).filter { axis.scale.holds($0) }
        let extent = (lower: shown.min() ?? (axis.scale == .linear ? 0 : 1), upper: shown.max() ?? 1)
        scale = axis.scale
        switch axis.scale {
        case .linear: (lower, upper, self.values, labels) = Self.linear(extent, isWhole: axis.isWhole, count)
        case .log2: (lower, upper, self.values, labels) = Self.logarithmic(extent, base: 2, count)
        case .log10: (lower, upper, self.values, labels) = Self.logarithmic(extent, base: 10, count)
        }
    }

    /// Where a number lies between the ends, 0…1; nil for one that cannot stand on the axis.
    public func place(of value: Double) -> Double? {
        guard scale.holds(value) else { return nil }
        guard scale == .linear else { return log(value / lower) / log(upper / lower) }
        // Halves, since the distance between large numbers need not be one.
        return (value / 2 - lower / 2) / (upper / 2 - lower / 2)
    }

    private typealias Ticks = (lower: Double, upper: Double, values: [Double], labels: [String])

    /// Multiples of 1, 2 or 5 times a power of ten, beyond the numbers on both sides.
    private static func linear(_ extent: (lower: Double, upper: Double), isWhole: Bool, _ count: Int) -> Ticks {
        var (low, high) = extent
        if low == high {
            // One number alone stands in the middle, or on the ground where it is 0.
            let reach = low == 0 ? 1 : abs(low) / 2
            (low, high) = isWhole ? (low - 1, high + 1) : (low == 0 ? 0 : low - reach, high + reach)
        }
        let ideal = high / Double(count) - low / Double(count)
        guard ideal.isFinite, ideal > 0 else { return (low, high, [low, high], [ChartNumber.text(low), ChartNumber.text(high)]) }
        let power = pow(10, floor(log10(ideal)))
        var step = ([1, 2, 5, 10].first { $0 * power >= ideal * 0.999 } ?? 10) * power
        if isWhole { step = max(1, step) }
        guard step > 0, power > 0, low / step < 1e15, high / step < 1e15 else {
            return (low, high, [low, high], [ChartNumber.text(low), ChartNumber.text(high)])
        }
        // Whole numbers are counted: there the first and the last one stand at the ends.
        let (first, last) = (floor(low / step + 1e-9), ceil(high / step - 1e-9))
        let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
        var values = stride(from: first, through: last, by: 1).map { $0 * step }
        var ends = (first * step, last * step)
        if isWhole {
            ends = (low, high)
            values = values.filter { low...high ~= $0 }
        }
        let labels = values.map { decimals > 6 || abs($0) >= 1e7 ? ChartNumber.text($0) : TextTable.fixed($0 == 0 ? 0 : $0, decimals) }
        return (ends.0, ends.1, values, labels)
    }

    /// Powers of the base; between few powers of ten their multiples by 2 and 5 too.
    private static func logarithmic(_ extent: (lower: Double, upper: Double), base: Double, _ count: Int) -> Ticks {
        var (low, high) = extent
        if low == high { (low, high) = (low / base.squareRoot(), high * base.squareRoot()) }
        let (first, last) = (floor(log(low) / log(base) + 1e-9), ceil(log(high) / log(base) - 1e-9))
        let every = max(1, ((last - first) / Double(count + 1)).rounded(.up))
        let factors: [Double] = base == 10 && last - first <= 2 ? [1, 2, 5] : [1]
        var values: [Double] = []
        for exponent in stride(from: first, through: last, by: every) { values += factors.map { $0 * pow(base, exponent) } }
        // The axis ends at the first mark beyond the numbers on either side.
        let (below, above) = (values.last { $0 <= low * (1 + 1e-9) }, values.first { $0 >= high * (1 - 1e-9) })
        (low, high) = (min(low, below ?? low), max(high, above ?? high))
        values = values.filter { $0 >= low && $0 <= high && $0.isFinite && $0 > 0 }
        return (low, high, values, values.map(ChartNumber.text))
    }
}

extension Chart.Axis.Scale {
    /// Whether a number can stand on such an axis.
    func holds(_ value: Double) -> Bool { value.isFinite && (self == .linear || value > 0) }
}

/// Numbers as charts and reports say them.
public enum ChartNumber {
    /// Four significant digits at most, without zeros at the end: 0.9315, 12.5, 3.2e-07.
    public static func text(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "−∞" : "∞" }
        if value == value.rounded(), abs(value) < 1e7 { return String(format: "%.0f", value == 0 ? 0 : value) }
        return String(format: "%.4g", value)
    }
}
