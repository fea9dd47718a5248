internal import VolleyTensors

/// The 2n thresholds of a multi-threshold neuron: n positive and n negative ones, each r times the one before, `r = 2^{1/m}` with m
/// steps per octave (semantics 3 and 3.1b; Huang et al., *Towards High-performance Spiking Transformers from ANN to SNN Conversion*,
/// MM '24, section 4.3, where r = 2).
///
/// | symbol | name | unit | default | range |
/// |---|---|---|---|---|
/// | n | `levels` | 1 | 8, or 12 m | 1…127 |
/// | θ1 | `positive` | activation | calibrated | > 0; otherwise the side never fires |
/// | θ2 | `negative` | activation | calibrated | > 0; otherwise the side never fires |
/// | m | `stepsPerOctave` | 1 | 1 | 1, 2, 4, 8 |
public struct ThresholdLadder: Sendable, Hashable, Codable {
    public enum Direction: String, Sendable, Hashable, Codable, CaseIterable {
        /// `λ_p = r^(p−1)·θ`: θ is the smallest threshold.
        case up
        /// `λ_p = θ/r^(p−1)`: θ is the largest threshold.
        case down
    }

    public enum Sign: Int, Sendable, Hashable, CaseIterable { case positive, negative }

    /// Whole powers of two, since hardware needs as many copies of the weights and a shift (semantics 3.1b).
    public static let possibleStepsPerOctave = [1, 2, 4, 8]

    public var direction: Direction
    public var levels: Int
    /// The size of the base (up) or top (down) threshold of each sign.
    public var positive: Float
    public var negative: Float
    public var stepsPerOctave: Int

    public init(_ direction: Direction, levels: Int, positive: Float, negative: Float, stepsPerOctave: Int = 1) {
        self.direction = direction
        self.levels = levels
        self.positive = positive
        self.negative = negative
        self.stepsPerOctave = stepsPerOctave
    }

    /// θ1 or θ2.
    public func base(_ sign: Sign) -> Float { sign == .positive ? positive : negative }

    /// Whether this side can fire at all.
    public func fires(_ sign: Sign) -> Bool { base(sign) > 0 }

    /// r: from one threshold to the next.
    public var ratio: Double { Self.root(1, of: stepsPerOctave) }

    /// The sizes of the thresholds of one sign, smallest first. Those an octave apart are exact doubles of each other.
    public func thresholds(_ sign: Sign) -> [Float] {
        let count = max(1, min(levels, NeuronKernel.maximumLevels)), steps = max(1, stepsPerOctave)
        return (0..<count).map { level in
            let distance = direction == .up ? level : level - (count - 1)
            let (octave, step) = (Int((Double(distance) / Double(steps)).rounded(.down)), (distance % steps + steps) % steps)
            let mantissa = step == 0 ? base(sign) : Float(Double(base(sign)) * Self.root(step, of: steps))
            return mantissa * Float(sign: .plus, exponent: octave, significand: 1)
        }
    }

    /// `2^(step/steps)` for powers of two: square roots, which every machine rounds alike.
    private static func root(_ step: Int, of steps: Int) -> Double {
        var (power, root, rest) = (1.0, 2.0, step)
        var place = max(1, steps)
        while rest > 0 {
            if rest >= place {
                power *= root
                rest -= place
            }
            root = root.squareRoot()
            place /= 2
            if place == 0 { break }
        }
        return power
    }
}
