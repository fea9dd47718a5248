internal import Foundation
internal import VolleySpiking

/// Dead zones of a site by time-step, and what they do there, by its distribution and by how far its values move.
struct DeadZoneChoice: Sendable {
    /// δ_1 … δ_T in activation units.
    var deadZones: [Double]
    /// `Σ (x − φ(T))²` over a sample.
    var error: Double
    /// Spikes of T steps, per sample.
    var events: Double
}

/// The ladder of a site as its distribution meets it, signs alike.
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
    /// - Parameter largest: of the first step, in units of the root mean square.
    static func schedules(steps: Int, rootMeanSquare: Double, largest: Double) -> [[Double]] {
        let first = [0] + (0..<24).map { 0.01 * pow(2, Double($0) / 3) }
        let ratios = steps == 1 ? [1] : [1, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.1]
        var found: [[Double]] = []
        for zone in first where zone <= largest {
            for ratio in zone == 0 ? [1] : ratios {
                found.append((0..<steps).map { rootMeanSquare * zone * pow(ratio, Double($0)) })
            }
        }
        return found
    }

    /// What dead zones do: `φ(t) = φ(t−1) + Q(t·r)/t` for `|r| ≥ δ_t`, where `r = x(t) − φ(t−1)` (semantics 5.1).
    /// - Parameter movement: by time-step, how far what arrives is from where it ends, as a standard deviation: the errors of the layers before.
    func choice(_ deadZones: [Double], on values: SizeDistribution, movement: [Double]) -> DeadZoneChoice {
        var choice = DeadZoneChoice(deadZones: deadZones, error: 0, events: 0)
        let paths = deadZones.count == 1 ? [(place: 0.0, weight: 1.0)] : Self.normalPaths
        for path in paths {
            for (size, count) in zip(values.sizes, values.counts) {
                var (sent, rest) = (0.0, size)
                for (index, zone) in deadZones.enumerated() {
                    let t = Double(index + 1)
                    rest = size + path.place * movement[index] - sent
                    guard abs(rest) >= zone, let level = level(t * abs(rest)) else { continue }
                    let correction = (rest < 0 ? -thresholds[level] : thresholds[level]) / t
                    sent += correction
                    rest -= correction
                    choice.events += path.weight * count
                }
                choice.error += path.weight * count * rest * rest
            }
        }
        return choice
    }

    /// Places and weights that stand for a normal distribution: Gauss–Hermite quadrature of 5 nodes.
    private static let normalPaths: [(place: Double, weight: Double)] = {
        let (inner, outer) = ((5 - 10.0.squareRoot()).squareRoot(), (5 + 10.0.squareRoot()).squareRoot())
        let (near, far) = ((7 + 2 * 10.0.squareRoot()) / 60, (7 - 2 * 10.0.squareRoot()) / 60)
        return [(0, 8.0 / 15), (inner, near), (-inner, near), (outer, far), (-outer, far)]
    }()

    /// The level that fires at a membrane potential of a size; nil for none.
    private func level(_ size: Double) -> Int? {
        guard size >= cutoffs[0] else { return nil }
        // Thresholds are a geometric sequence, but for rounding.
        let level = min(Int(Double(stepsPerOctave) * log2(size / cutoffs[0])), cutoffs.count - 1)
        return size >= cutoffs[level] ? level : level - 1
    }
}
