/// The 2n thresholds of a multi-threshold neuron: n positive and n negative ones, each the double of the one before
/// (Huang et al., *Towards High-performance Spiking Transformers from ANN to SNN Conversion*, MM '24, section 4.3).
///
/// | symbol | name | unit | default | range |
/// |---|---|---|---|---|
/// | n | `levels` | 1 | 8 | 1…24 |
/// | θ1 | `positive` | activation | calibrated | > 0; otherwise the side never fires |
/// | θ2 | `negative` | activation | calibrated | > 0; otherwise the side never fires |
public struct ThresholdLadder: Sendable, Hashable, Codable {
    public enum Direction: String, Sendable, Hashable, Codable, CaseIterable {
        /// `λ_p = 2^(p−1)·θ`: θ is the smallest threshold.
        case up
        /// `λ_p = θ/2^(p−1)`: θ is the largest threshold.
        case down
    }

    public enum Sign: Int, Sendable, Hashable, CaseIterable { case positive, negative }

    public var direction: Direction
    public var levels: Int
    /// The size of the base (up) or top (down) threshold of each sign.
    public var positive: Float
    public var negative: Float

    public init(_ direction: Direction, levels: Int, positive: Float, negative: Float) {
        self.direction = direction
        self.levels = levels
        self.positive = positive
        self.negative = negative
    }

    /// θ1 or θ2.
    public func base(_ sign: Sign) -> Float { sign == .positive ? positive : negative }

    /// Whether this side can fire at all.
    public func fires(_ sign: Sign) -> Bool { base(sign) > 0 }

    /// The sizes of the thresholds of one sign, smallest first.
    public func thresholds(_ sign: Sign) -> [Float] {
        let top = direction == .up ? base(sign) : base(sign) * Float(sign: .plus, exponent: 1 - levels, significand: 1)
        return (0..<levels).map { top * Float(sign: .plus, exponent: $0, significand: 1) }
    }
}
