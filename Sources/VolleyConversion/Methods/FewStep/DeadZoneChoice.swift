internal import Foundation
internal import VolleySpiking

/// Dead zones of a site by time-step, and what they do there, by its distribution alone.
struct DeadZoneChoice: Sendable {
    /// δ_1 … δ_T in activation units.
    var deadZones: [Double]
    /// `Σ (x − φ(T))²` over a sample.
    var error: Double
    /// Spikes of T steps, per sample.
    var events: Double
}

/// The ladder of a site as its distribution meets it: values are taken as constant in time, signs alike.
struct LadderModel: Sendable {
    let stepsPerOctave: Int
    /// Sizes of thresholds, ascending, and from which size on each fires.
    private let thresholds: [Double]
    private let cutoffs: [Double]

    init(_ ladder: ThresholdLadder) {
        stepsPerOctave = ladder.stepsPerOctave
        thresholds = ladder.thresholds(.positive).map(Double.init)
        let nearest = (1 + 1 / ladder.ratio) / 2
        cutoffs = thresholds.map { nearest * $0 }
    }

    /// What of T steps is tried: dead zones of the first step in thirds of an octave from none up to over the root mean square, and how much
    /// smaller that of each further step is.
    static func schedules(steps: Int, rootMeanSquare: Double) -> [[Double]] {
        let first = [0] + (0..<24).map { 0.01 * pow(2, Double($0) / 3) }
        let ratios = steps == 1 ? [1] : [1, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.1]
        var found: [[Double]] = []
        for zone in first {
            for ratio in zone == 0 ? [1] : ratios {
                found.append((0..<steps).map { rootMeanSquare * zone * pow(ratio, Double($0)) })
            }
        }
        return found
    }

    /// What dead zones do: `φ(t) = φ(t−1) + Q(t·r)/t` for `|r| ≥ δ_t`, where `r = x − φ(t−1)` (semantics 5.1).
    func choice(_ deadZones: [Double], on values: SizeDistribution) -> DeadZoneChoice {
        var choice = DeadZoneChoice(deadZones: deadZones, error: 0, events: 0)
        for (size, count) in zip(values.sizes, values.counts) {
            var rest = size
            for (index, zone) in deadZones.enumerated() {
                let t = Double(index + 1)
                guard abs(rest) >= zone, let level = level(t * abs(rest)) else { continue }
                rest -= (rest < 0 ? -thresholds[level] : thresholds[level]) / t
                choice.events += count
            }
            choice.error += count * rest * rest
        }
        return choice
    }

    /// The level that fires at a membrane potential of a size; nil for none.
    private func level(_ size: Double) -> Int? {
        guard size >= cutoffs[0] else { return nil }
        // Thresholds are a geometric sequence, but for rounding.
        let level = min(Int(Double(stepsPerOctave) * log2(size / cutoffs[0])), cutoffs.count - 1)
        return size >= cutoffs[level] ? level : level - 1
    }
}
