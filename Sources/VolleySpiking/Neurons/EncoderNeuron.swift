public import VolleyTensors

/// Two half-burst neurons for one signed value: one for `max(x, 0)`, one for `max(−x, 0)`, which hear the current and its negative.
///
/// Both are ``HalfBurstNeuron``s with memory and thresholds of their own; what is sent is the difference of what they send (Jiang et al.,
/// *Spatio-Temporal Approximation: A Training-Free SNN Conversion for Transformers*, ICLR 2024, section 4). A threshold that is not
/// positive leaves its half out.
public struct EncoderNeuron: NeuronModel {
    public static let family = "encoder"

    public static let parameters = [
        NeuronParameter("positive", symbol: "θ⁺", unit: "activation", standard: "calibrated", range: "> 0; otherwise it sends no positive values"),
        NeuronParameter("negative", symbol: "θ⁻", unit: "activation", standard: "calibrated", range: "> 0; otherwise it sends no negative values"),
    ]

    public let positive: Float
    public let negative: Float

    public init(positive: Float, negative: Float) {
        self.positive = positive
        self.negative = negative
    }

    public struct State: Sendable {
        var above: HalfBurstNeuron.State
        var below: HalfBurstNeuron.State
    }

    /// The most halves of a threshold that one of both sends at a time-step.
    private static let halves = 4
    private static let width = 2 * halves + 1

    /// A code is `9·p + n` for p and n halves of both thresholds.
    public var alphabet: Alphabet {
        let pairs = (-Self.halves...Self.halves).flatMap { p in (-Self.halves...Self.halves).map { (p, $0) } }.filter { $0 != (0, 0) }
        func spikes(_ halves: Int) -> Int { halves == 0 ? 0 : max(1, abs(halves) - 1) }
        return Alphabet(
            codes: pairs.map { Int8(Self.width * $0.0 + $0.1) },
            values: pairs.map { Float($0.0) * max(positive, 0) / 2 - Float($0.1) * max(negative, 0) / 2 },
            spikes: pairs.map { spikes($0.0) + spikes($0.1) },
            // Both neurons have a base of their own.
            graded: pairs.map { _ in false })
    }

    public var rest: State {
        State(above: HalfBurstNeuron(threshold: positive).rest, below: HalfBurstNeuron(threshold: negative).rest)
    }

    public func potential(_ state: State) -> Float { state.above.potential - (negative > 0 ? state.below.potential : 0) }

    public func step(_ state: inout State, current: Float, time: Int) -> Int8 {
        let p = HalfBurstNeuron(threshold: positive).step(&state.above, current: current, time: time)
        let n = HalfBurstNeuron(threshold: negative).step(&state.below, current: -current, time: time)
        return Int8(Self.width) * p + n
    }

    public var rule: NeuronRule? {
        let half = HalfBurstNeuron(threshold: positive)
        return .halfBursts(positive: positive, negative: negative, most: half.most, tolerance: half.tolerance)
    }

    public var summary: String { "+\(positive) −\(negative), each then up to 2 of half of it" }

    public func divided(by unit: Float) -> EncoderNeuron { EncoderNeuron(positive: positive / unit, negative: negative / unit) }

    public func problem(_ coding: Coding) -> String? {
        for threshold in [positive, negative] where !threshold.isFinite || threshold > 0 && !threshold.isNormal {
            return "a threshold that is not a number in the range of 32-bit floats"
        }
        return coding == .differential ? "neurons that remember what they sent, which differential coding does not add up" : nil
    }
}
