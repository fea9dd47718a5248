internal import VolleyTensors

/// The upper end of a distribution, exactly: its maximum, and a percentile as programs of the field take it.
///
/// Of n values in ascending order `a_0 … a_{n−1}` the percentile p is, interpolated, `a` at the place `p/100·(n−1)`, and otherwise
/// `a_{⌊p/100·n⌋−1}`. Values that are not positive count as 0, or not at all.
public struct UpperTail: Observer {
    public static let title = "upper tail"

    private let fraction: Double
    private let countsZeros: Bool
    private let interpolates: Bool
    private var highest: TailSelector
    private var count = 0

    /// - Parameters:
    ///   - percentile: p, in 0…100.
    ///   - count: at most this many values will be seen.
    public init(percentile: Double, countsZeros: Bool, interpolates: Bool, ofAtMost count: Int) {
        fraction = percentile / 100
        self.countsZeros = countsZeros
        self.interpolates = interpolates
        highest = TailSelector(.largest, capacity: count - min(Int(fraction * Double(max(0, count - 1))), max(0, count - 1)) + 3)
    }

    public mutating func add(_ observation: Observation) {
        let values = countsZeros ? observation.value.values : observation.value.values.filter { $0 > 0 }
        count += values.count
        highest.add(values)
    }

    public mutating func merge(_ other: UpperTail) {
        count += other.count
        highest.merge(other.highest)
    }

    /// 0 where no value was positive.
    public var maximum: Float { count > 0 ? max(0, highest.value(rank: 1)) : 0 }

    /// 0 where no value was positive.
    public var percentile: Float {
        guard count > 0 else { return 0 }
        func ascending(_ index: Int) -> Float { max(0, highest.value(rank: count - min(max(index, 0), count - 1))) }
        guard interpolates else { return ascending(Int(fraction * Double(count)) - 1) }
        let place = fraction * Double(count - 1)
        let lower = Int(place)
        let (a, b) = (Double(ascending(lower)), Double(ascending(lower + 1)))
        return Float(a + (b - a) * (place - Double(lower)))
    }
}
