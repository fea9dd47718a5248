public import VolleyTensors

/// The burst neuron: up to Γ spikes of one threshold in a time-step.
///
/// `m(t) = v(t−1) + I(t)`; the neuron sends `k = min(Γ, ⌊m(t)/θ⌋)` spikes, none for negative m, worth `k·θ`, and resets to `m(t) − k·θ`
/// (semantics 3; Li and Zeng, *Efficient and Accurate Conversion of Spiking Neural Network with Burst Spikes*, IJCAI 2022, section 3.2).
public struct BurstNeuron: NeuronModel {
    public static let family = "burst"

    public static let parameters = [
        NeuronParameter("threshold", symbol: "θ", unit: "activation", standard: "calibrated", range: "> 0; otherwise it never fires"),
        NeuronParameter("most", symbol: "Γ", unit: "spikes per time-step", standard: "5", range: "1…127"),
        NeuronParameter("initialPotential", symbol: "v(0)/θ", unit: "threshold", standard: "0", range: "finite"),
        NeuronParameter("amplitude", unit: "activation", standard: "θ", range: "> 0; what a spike is worth"),
    ]

    public let threshold: Float
    /// How many spikes fit a time-step.
    public let most: Int
    /// In units of the threshold.
    public let initialPotential: Float
    /// What a spike is worth; nil for the threshold.
    public var amplitude: Float?

    public init(threshold: Float, most: Int = 5, initialPotential: Float = 0) {
        self.threshold = threshold
        self.most = most
        self.initialPotential = initialPotential
    }

    private var codes: ClosedRange<Int8> { 1...Int8(max(1, min(most, 127))) }

    public var alphabet: Alphabet {
        Alphabet(codes: Array(codes), values: codes.map { threshold > 0 ? Float($0) * (amplitude ?? threshold) : 0 }, spikes: codes.map { Int($0) })
    }

    public var rest: Float { initialPotential * threshold }

    public func potential(_ state: Float) -> Float { state }

    public func step(_ potential: inout Float, current: Float, time: Int) -> Int8 {
        potential += current
        guard threshold > 0, potential >= threshold else { return 0 }
        // The conversion cuts off what is behind the point, as ⌊·⌋ does of numbers that are not negative.
        let count = Int8(min(Float(codes.upperBound), potential / threshold))
        potential -= Float(count) * threshold
        return count
    }

    public var rule: NeuronRule? {
        .burst(threshold: threshold, most: Int(codes.upperBound), amplitude: amplitude ?? threshold, rest: rest)
    }

    public var summary: String { "+\(threshold), up to \(most) spikes" }

    public func divided(by unit: Float) -> BurstNeuron {
        var neuron = BurstNeuron(threshold: threshold / unit, most: most, initialPotential: initialPotential)
        neuron.amplitude = amplitude.map { $0 / unit }
        return neuron
    }

    public func problem(_ coding: Coding) -> String? {
        if !(1...127).contains(most) { return "bursts of up to \(most) spikes; 1 to 127 are possible" }
        if !threshold.isFinite || !initialPotential.isFinite || threshold > 0 && !(threshold.isNormal && (127 * threshold).isFinite) {
            return "a threshold or initial potential that is not a number in the range of 32-bit floats"
        }
        if let amplitude, !(amplitude > 0 && (127 * amplitude).isFinite) { return "spikes worth \(amplitude); a number above 0 is needed" }
        return problemOfOneSign(coding)
    }
}
