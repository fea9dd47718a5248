public import VolleyTensors

/// A layer of multi-threshold neurons: everything that decides when they fire and what they send.
///
/// Dynamics with current `I(t)` (semantics 3): `m(t) = v(t−1) + I(t)`; at most one threshold λ fires; the neuron sends
/// `x(t) = λ` and resets, `v(t) = m(t) − x(t)`; `v(0)` is the initial potential.
///
/// | symbol | name | unit | default | range |
/// |---|---|---|---|---|
/// | ±λ_p | `ladder` | activation | calibrated | see ``ThresholdLadder`` |
/// | | `rounding` | | half-base | see ``Rounding`` |
/// | | `reset` | | subtraction | see ``Reset`` |
/// | v(0)/λ_1 | `initialPotential` | smallest positive threshold | 0 | −0.5…0.5 |
public struct NeuronLayer: Sendable, Hashable, Codable {
    /// From which membrane potential on a threshold fires.
    public enum Rounding: String, Sendable, Hashable, Codable, CaseIterable {
        /// `m ≥ λ_p − λ_1/2`: rounds down above the smallest threshold (ECMT).
        case halfBase = "half-base"
        /// `m ≥ 0.75·λ_p`: rounds to the nearest power of two (DCGS).
        case nearest
    }

    public enum Reset: String, Sendable, Hashable, Codable, CaseIterable {
        /// What was sent is subtracted; the rest stays.
        case subtraction
        /// A spike clears the potential. Rate coding only.
        case zero
    }

    public var ladder: ThresholdLadder
    public var rounding: Rounding
    public var reset: Reset
    /// In units of the smallest positive threshold.
    public var initialPotential: Float

    public init(
        ladder: ThresholdLadder, rounding: Rounding = .halfBase, reset: Reset = .subtraction, initialPotential: Float = 0
    ) {
        self.ladder = ladder
        self.rounding = rounding
        self.reset = reset
        self.initialPotential = initialPotential
    }

    /// The size of the membrane potential from which on each level of a sign fires, smallest first; infinity for never.
    public func cutoffs(_ sign: ThresholdLadder.Sign) -> [Float] {
        let thresholds = ladder.thresholds(sign)
        guard ladder.fires(sign) else { return thresholds.map { _ in .infinity } }
        return switch rounding {
        case .halfBase: thresholds.map { $0 - thresholds[0] / 2 }
        case .nearest: thresholds.map { 0.75 * $0 }
        }
    }

    /// `v(0)` in activation units.
    public var restingPotential: Float {
        initialPotential == 0 ? 0 : initialPotential * (ladder.thresholds(.positive).first ?? 0)
    }

    /// `MTH(m)`: which level a membrane potential fires, if any.
    /// - Returns: the sign, the level counted from 0 for the smallest threshold, and the value sent.
    public func fire(_ potential: Float) -> (sign: ThresholdLadder.Sign, level: Int, value: Float)? {
        for sign in ThresholdLadder.Sign.allCases {
            let size = sign == .positive ? potential : -potential
            if let level = cutoffs(sign).lastIndex(where: { size >= $0 }) {
                let threshold = ladder.thresholds(sign)[level]
                return (sign, level, sign == .positive ? threshold : -threshold)
            }
        }
        return nil
    }

    /// The layer as the kernels see it.
    public func kernel(_ coding: Coding) -> NeuronKernel {
        NeuronKernel(
            thresholds: (ladder.thresholds(.positive), ladder.thresholds(.negative)),
            cutoffs: (cutoffs(.positive), cutoffs(.negative)), initialPotential: restingPotential,
            differential: coding == .differential, resetsToZero: reset == .zero)
    }

    /// What makes the layer impossible, in words; nil when it is fine.
    func problem(_ coding: Coding) -> String? {
        if !(1...NeuronKernel.maximumLevels).contains(ladder.levels) {
            return "\(ladder.levels) levels; 1 to \(NeuronKernel.maximumLevels) are possible"
        }
        let numbers = [ladder.positive, ladder.negative, initialPotential]
        if !numbers.allSatisfy(\.isFinite) { return "a threshold or initial potential that is not a finite number" }
        for sign in ThresholdLadder.Sign.allCases where ladder.fires(sign) {
            let thresholds = ladder.thresholds(sign)
            if !thresholds.last!.isFinite || !thresholds[0].isNormal {
                return "thresholds from \(thresholds[0]) to \(thresholds.last!), beyond the range of 32-bit floats"
            }
        }
        if abs(initialPotential) > 0.5 { return "initial potential \(initialPotential), outside −0.5…0.5" }
        if reset == .zero, coding == .differential {
            return "reset to zero, which has no meaning under differential coding"
        }
        return nil
    }
}
