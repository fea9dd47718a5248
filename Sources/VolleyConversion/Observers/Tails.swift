internal import VolleyTensors

/// Both ends of a distribution, exactly: enough for its p-quantile and its (1−p)-quantile (semantics 7).
///
/// Of n values these are the ⌊p·n⌋-th smallest and the ⌊(1−p)·n⌋-th smallest, counted from 1 and at least 1 (ECMT Algorithm 1,
/// step 1). Memory holds the tails alone, (1−p)·n values for each end.
public struct Tails: Observer {
    public static let title = "tails"

    private let quantile: Double
    private var highest: TailSelector
    private var lowest: TailSelector
    /// How many values were seen.
    public private(set) var count = 0

    /// - Parameters:
    ///   - quantile: p, in 0.5…1.
    ///   - count: at most this many values will be seen.
    public init(quantile: Double, ofAtMost count: Int) {
        precondition(quantile >= 0.5 && quantile <= 1, "a quantile in 0.5…1")
        let ranks = Self.ranks(count, quantile)
        self.quantile = quantile
        highest = TailSelector(.largest, capacity: count - ranks.high + 2)
        lowest = TailSelector(.smallest, capacity: ranks.low + 1)
    }

    public mutating func add(_ observation: Observation) {
        count += observation.value.count
        highest.add(observation.value.values)
        lowest.add(observation.value.values)
    }

    public mutating func merge(_ other: Tails) {
        count += other.count
        highest.merge(other.highest)
        lowest.merge(other.lowest)
    }

    /// The p-quantile and the (1−p)-quantile; nil where no value was seen.
    public func quantiles() -> (high: Float, low: Float)? {
        guard count > 0 else { return nil }
        let ranks = Self.ranks(count, quantile)
        return (highest.value(rank: count - ranks.high + 1), lowest.value(rank: ranks.low))
    }

    /// The smallest and the largest value; nil where none was seen.
    public func extremes() -> ClosedRange<Float>? {
        count > 0 ? lowest.value(rank: 1)...highest.value(rank: 1) : nil
    }

    /// ⌊p·n⌋ and ⌊(1−p)·n⌋, counted from 1.
    private static func ranks(_ count: Int, _ quantile: Double) -> (high: Int, low: Int) {
        (max(1, Int(quantile * Double(count))), max(1, Int((1 - quantile) * Double(count))))
    }
}
