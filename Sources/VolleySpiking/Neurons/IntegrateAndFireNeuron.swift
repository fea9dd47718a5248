public import VolleyTensors

/// The plain integrate-and-fire neuron: one threshold, one sign.
///
/// `m(t) = v(t−1) + I(t)`; for `m(t) ≥ θ` the neuron sends θ and resets, to `m(t) − θ` or to 0 (semantics 3, with n = 1; Rueckauer et
/// al., *Conversion of Continuous-Valued Deep Networks to Efficient Event-Driven Networks for Image Classification*, Front. Neurosci.
/// 2017, section 2.1).
///
/// Programs differ: some fire for `m > θ` only; some look at `v(t−1)` instead of `m(t)`, so that every layer is a step late; in some a
/// spike is worth another value than the threshold; in some a layer does not hear the first steps. All of that can be set.
public struct IntegrateAndFireNeuron: NeuronModel {
    public static let family = "integrate-and-fire"

    public static let parameters = [
        NeuronParameter("threshold", symbol: "θ", unit: "activation", standard: "calibrated", range: "> 0; otherwise it never fires"),
        NeuronParameter("reset", standard: "subtraction", range: "subtraction, zero"),
        NeuronParameter("initialPotential", symbol: "v(0)/θ", unit: "threshold", standard: "0", range: "finite"),
        NeuronParameter("amplitude", unit: "activation", standard: "θ", range: "> 0; what a spike is worth"),
        NeuronParameter("isStrict", standard: "no", range: "whether it fires above the threshold only"),
        NeuronParameter("isLate", standard: "no", range: "whether a step's current counts from the next step on"),
        NeuronParameter("tolerance", unit: "threshold", standard: "0", range: "0…0.1; how much less than the threshold fires"),
        NeuronParameter("deafSteps", unit: "time-steps", standard: "0", range: "≥ 0; first steps whose currents do not arrive"),
    ]

    public let threshold: Float
    public let reset: Reset
    /// In units of the threshold.
    public let initialPotential: Float
    /// What a spike is worth; nil for the threshold.
    public var amplitude: Float?
    public var isStrict = false
    public var isLate = false
    public var deafSteps = 0
    /// How much less than the threshold fires, in units of it. For sums that are whole multiples of a part of the threshold but for
    /// rounding, as behind average pools.
    public var tolerance: Float = 0

    public init(threshold: Float, reset: Reset = .subtraction, initialPotential: Float = 0) {
        self.threshold = threshold
        self.reset = reset
        self.initialPotential = initialPotential
    }

    public var alphabet: Alphabet { Alphabet(codes: [1], values: [threshold > 0 ? amplitude ?? threshold : 0]) }

    public var rest: Float { initialPotential * threshold }

    public func potential(_ state: Float) -> Float { state }

    public func step(_ potential: inout Float, current: Float, time: Int) -> Int8 {
        let current = time > deafSteps ? current : 0
        let late = isLate ? current : 0
        if !isLate { potential += current }
        defer { if isLate { potential += late } }
        guard threshold > 0, isStrict ? potential > threshold : potential >= lowest else { return 0 }
        potential = reset == .zero ? 0 : potential - threshold
        return 1
    }

    /// The smallest potential that fires, unless it has to be above the threshold.
    private var lowest: Float { tolerance > 0 ? threshold * (1 - tolerance) : threshold }

    /// The smallest potential that fires; infinity for never.
    public var cutoff: Float { threshold > 0 ? (isStrict ? threshold.nextUp : lowest) : .infinity }

    public func kernel(_ coding: Coding) -> NeuronKernel? {
        guard amplitude.map({ $0 == threshold }) ?? true, !isLate, deafSteps == 0 else { return nil }
        return NeuronKernel(
            thresholds: ([threshold], [threshold]), cutoffs: ([cutoff], [.infinity]), initialPotential: rest,
            differential: coding == .differential, resetsToZero: reset == .zero)
    }

    public var summary: String { "+\(threshold)" + (amplitude.map { ", worth \($0)" } ?? "") }

    public func divided(by unit: Float) -> IntegrateAndFireNeuron {
        var neuron = IntegrateAndFireNeuron(threshold: threshold / unit, reset: reset, initialPotential: initialPotential)
        (neuron.amplitude, neuron.isStrict, neuron.isLate, neuron.deafSteps) = (amplitude.map { $0 / unit }, isStrict, isLate, deafSteps)
        neuron.tolerance = tolerance
        return neuron
    }

    public func problem(_ coding: Coding) -> String? {
        if !threshold.isFinite || !initialPotential.isFinite || threshold > 0 && !threshold.isNormal {
            return "a threshold or initial potential that is not a number in the range of 32-bit floats"
        }
        if let amplitude, !(amplitude.isNormal && amplitude > 0) { return "spikes worth \(amplitude); a number above 0 is needed" }
        if !(0...0.1).contains(tolerance) || isStrict && tolerance > 0 {
            return "a tolerance of \(tolerance); 0 to 0.1 is possible, and 0 where firing is strict"
        }
        if deafSteps < 0 { return "\(deafSteps) time-steps that do not arrive; at least 0 are needed" }
        return problemOfOneSign(coding)
    }

    private enum Key: String, CodingKey { case threshold, reset, initialPotential, amplitude, isStrict, isLate, deafSteps, tolerance }

    /// Fields beyond the first three are left out where they are as always.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(threshold, forKey: .threshold)
        try container.encode(reset, forKey: .reset)
        try container.encode(initialPotential, forKey: .initialPotential)
        try container.encodeIfPresent(amplitude, forKey: .amplitude)
        if isStrict { try container.encode(isStrict, forKey: .isStrict) }
        if isLate { try container.encode(isLate, forKey: .isLate) }
        if deafSteps > 0 { try container.encode(deafSteps, forKey: .deafSteps) }
        if tolerance > 0 { try container.encode(tolerance, forKey: .tolerance) }
    }

    /// - Throws: `DecodingError` where a field is missing or is not what it should be; those beyond the first three may be missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            threshold: try container.decode(Float.self, forKey: .threshold), reset: try container.decode(Reset.self, forKey: .reset),
            initialPotential: try container.decode(Float.self, forKey: .initialPotential))
        amplitude = try container.decodeIfPresent(Float.self, forKey: .amplitude)
        isStrict = try container.decodeIfPresent(Bool.self, forKey: .isStrict) ?? false
        isLate = try container.decodeIfPresent(Bool.self, forKey: .isLate) ?? false
        deafSteps = try container.decodeIfPresent(Int.self, forKey: .deafSteps) ?? 0
        tolerance = try container.decodeIfPresent(Float.self, forKey: .tolerance) ?? 0
    }
}
