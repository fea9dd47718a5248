public import VolleyTensors

/// The neuron of spatio-temporal approximation: a spike of one threshold, then up to two of half a threshold in the same time-step.
///
/// `m(t) = v(t−1) + I(t)`; for `m ≥ θ` it sends θ; with memory, for `m ≤ −θ` and more sent than taken back, −θ. Of what is left, `r`, it
/// sends `k = ⌊|r|/(θ/2 + ε)⌋` spikes of θ/2 and the sign of r, at most two; where r is negative only as far as memory reaches, without
/// memory none. ε = 10⁻⁵, in activation units, as in the authors' program (Jiang et al., *Spatio-Temporal Approximation: A Training-Free
/// SNN Conversion for Transformers*, ICLR 2024); where currents are divided by a number for each neuron, so is ε.
///
/// The program's neurons behind attention maps feed back twice: what arrives there is `Σ_{τ≤t} I(τ) − S(t−1)`, what should have been sent
/// less what was, and the potential keeps the rest of it besides (``feedsBackTwice``).
public struct HalfBurstNeuron: NeuronModel {
    public static let family = "half-burst"

    public static let parameters = [
        NeuronParameter("threshold", symbol: "θ", unit: "activation", standard: "calibrated", range: "> 0; otherwise it never fires"),
        NeuronParameter("remembers", standard: "yes", range: "whether negative spikes take back what was sent; otherwise there are none"),
        NeuronParameter("most", symbol: "Γ", unit: "half spikes per time-step", standard: "2", range: "0…61"),
        NeuronParameter("tolerance", symbol: "ε", unit: "activation", standard: "0.00001", range: "≥ 0"),
        NeuronParameter("feedsBackTwice", standard: "no", range: "whether what was sent is taken from what arrives, too"),
    ]

    public let threshold: Float
    public let remembers: Bool
    public let most: Int
    public let tolerance: Float
    public let feedsBackTwice: Bool

    public init(threshold: Float, remembers: Bool = true, most: Int = 2, tolerance: Float = 1e-5, feedsBackTwice: Bool = false) {
        self.threshold = threshold
        self.remembers = remembers
        self.most = most
        self.tolerance = tolerance
        self.feedsBackTwice = feedsBackTwice
    }

    public struct State: Sendable {
        var potential: Float = 0
        /// What was sent, in halves of a threshold.
        var halves: Int32 = 0
        /// `Σ I(τ)`, where neurons feed back twice.
        var received: Float = 0
        /// ε, in the unit of the currents.
        var tolerance: Float
    }

    private var largest: Int { 2 + max(0, min(most, 61)) }

    /// A code counts halves of a threshold; a whole one is one spike.
    public var alphabet: Alphabet {
        let codes = (1...largest).map { Int8($0) } + (1...largest).map { -Int8($0) }
        return Alphabet(
            codes: codes, values: codes.map { threshold > 0 ? Float($0) * threshold / 2 : 0 }, spikes: codes.map { max(1, abs(Int($0)) - 1) })
    }

    public var rest: State { State(tolerance: tolerance) }

    public func rest(divisors: [Float]) -> [State] { divisors.map { State(tolerance: tolerance / $0) } }

    public func potential(_ state: State) -> Float { state.potential }

    public func step(_ state: inout State, current: Float, time: Int) -> Int8 {
        if feedsBackTwice {
            state.received += current
            state.potential += state.received - Float(state.halves) * threshold / 2
        } else {
            state.potential += current
        }
        guard threshold > 0 else { return 0 }
        var sent: Int32 = 0
        if state.potential >= threshold {
            sent = 2
        } else if remembers, state.potential <= -threshold, state.halves > 0 {
            sent = -2
        }
        state.potential -= Float(sent) * threshold / 2
        state.halves += sent
        let memory = Float(state.halves) * threshold / 2
        let rest = remembers ? max(-memory, state.potential) : max(state.potential, 0)
        // The conversion cuts off what is behind the point, as ⌊·⌋ does of numbers that are not negative.
        let count = Int32(min(Float(most), abs(rest) / (threshold / 2 + state.tolerance)))
        let burst = rest < 0 ? -count : count
        state.potential -= Float(burst) * threshold / 2
        state.halves += burst
        return Int8(sent + burst)
    }

    public var summary: String { "±\(threshold), then up to \(most) of half of it\(feedsBackTwice ? ", fed back twice" : "")" }

    public func divided(by unit: Float) -> HalfBurstNeuron {
        HalfBurstNeuron(threshold: threshold / unit, remembers: remembers, most: most, tolerance: tolerance / unit, feedsBackTwice: feedsBackTwice)
    }

    public func problem(_ coding: Coding) -> String? {
        if !threshold.isFinite || threshold > 0 && !threshold.isNormal { return "a threshold that is not a number in the range of 32-bit floats" }
        if !(0...61).contains(most) || !(tolerance >= 0 && tolerance.isFinite) { return "up to \(most) half spikes with tolerance \(tolerance)" }
        return coding == .differential ? "neurons that remember what they sent, which differential coding does not add up" : nil
    }
}

extension HalfBurstNeuron {
    private enum Key: CodingKey { case threshold, remembers, most, tolerance, feedsBackTwice }

    /// A file that does not say how often they feed back means once.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            threshold: try container.decode(Float.self, forKey: .threshold), remembers: try container.decode(Bool.self, forKey: .remembers),
            most: try container.decode(Int.self, forKey: .most), tolerance: try container.decode(Float.self, forKey: .tolerance),
            feedsBackTwice: try container.decodeIfPresent(Bool.self, forKey: .feedsBackTwice) ?? false)
    }
}
