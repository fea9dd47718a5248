internal import VolleySpiking
internal import VolleyTensors

/// The values of a site: their histogram, and the largest size among them.
struct SiteValues: Observer {
    static let title = "\(Histogram.title) of every site, and its largest value"

    private(set) var histogram = Histogram(bins: 1 << 15)
    private(set) var largest: Float = 0

    mutating func add(_ observation: Observation) {
        histogram.add(observation)
        guard let extremes = observation.value.values.extremes else { return }
        largest = max(largest, abs(extremes.lowerBound), abs(extremes.upperBound))
    }

    mutating func merge(_ other: SiteValues) {
        histogram.merge(other.histogram)
        largest = max(largest, other.largest)
    }
}

/// How often values of each size occur at a site, in a sample. Neighbours closer than a part of a ladder's step are one.
struct SizeDistribution: Sendable {
    /// Ascending, in activation units.
    private(set) var sizes: [Double] = []
    /// Per sample.
    private(set) var counts: [Double] = []

    /// Values from one group to the next differ by about this part of an octave.
    private static let groupsPerOctave = 96.0

    /// - Parameters:
    ///   - sign: of the values that are looked at; nil for both.
    ///   - samples: how many samples the values are of.
    init(_ histogram: Histogram, sign: ThresholdLadder.Sign? = nil, samples: Int = 1) {
        let half = histogram.counts.count / 2
        var (start, count, sum) = (0.0, 0.0, 0.0)
        func middle(_ index: Int) -> Double {
            // What lies in the bin beside 0 is rather 0 than the middle of the bin: rectified values.
            index == 0 ? 0 : (Double(index) + 0.5) * histogram.width
        }
        for index in 0..<half {
            let above = sign == .negative ? 0 : histogram.counts[half + index]
            let below = sign == .positive ? 0 : histogram.counts[half - 1 - index]
            let found = Double(above + below) / Double(max(1, samples))
            guard found > 0 else { continue }
            let size = middle(index)
            if count > 0, size > start * (1 + 0.7 / Self.groupsPerOctave) {
                sizes.append(sum / count)
                counts.append(count)
                count = 0
                sum = 0
            }
            if count == 0 { start = size }
            count += found
            sum += found * size
        }
        if count > 0 {
            sizes.append(sum / count)
            counts.append(count)
        }
    }

    /// `√(Σx²/n)`
    var rootMeanSquare: Double {
        let square = zip(sizes, counts).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
        return (square / max(counts.reduce(0, +), .leastNormalMagnitude)).squareRoot()
    }
}
