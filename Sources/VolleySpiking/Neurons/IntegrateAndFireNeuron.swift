public import VolleyTensors

/// The plain integrate-and-fire neuron: one threshold, one sign.
///
/// `m(t) = v(t−1) + I(t)`; for `m(t) ≥ θ` the neuron sends θ and resets, to `m(t) − θ` or to 0 (semantics 3, with n = 1; Rueckauer et
/// al., *Conversion of Continuous-Valued Deep Networks to Efficient Event-Driven Networks for Image Classification*, Front. Neurosci.
/// 2017, section 2.1).
public struct IntegrateAndFireNeuron: NeuronModel {
    public static let family = "integrate-and-fire"

    public static let parameters = [
        NeuronParameter("threshold", symbol: "θ", unit: "activation", standard: "calibrated", range: "> 0; otherwise it never fires"),
        NeuronParameter("reset", standard: "subtraction", range: "subtraction, zero"),
        NeuronParameter("initialPotential", symbol: "v(0)/θ", unit: "threshold", standard: "0", range: "finite"),
    ]

    public let threshold: Float
    public let reset: Reset
    /// In units of the threshold.
    public let initialPotential: Float

    public init(threshold: Float, reset: Reset = .subtraction, initialPotential: Float = 0) {
        self.threshold = threshold
        self.reset = reset
        self.initialPotential = initialPotential
    }

    public var alphabet: Alphabet { Alphabet(codes: [1], values: [threshold > 0 ? threshold : 0]) }

    public var rest: Float { initialPotential * threshold }

    public func potential(_ state: Float) -> Float { state }

    public func step(_ potential: inout Float, current: Float, time: Int) -> Int8 {
        potential += current
        guard threshold > 0, potential >= threshold else { return 0 }
        potential = reset == .zero ? 0 : potential - threshold
        return 1
    }

    public func kernel(_ coding: Coding) -> NeuronKernel? {
        let fires = threshold > 0
        return NeuronKernel(
            thresholds: ([threshold], [threshold]), cutoffs: ([fires ? threshold : .infinity], [.infinity]), initialPotential: rest,
            differential: coding == .differential, resetsToZero: reset == .zero)
    }

    public var summary: String { "+\(threshold)" }

    public func divided(by unit: Float) -> IntegrateAndFireNeuron {
        IntegrateAndFireNeuron(threshold: threshold / unit, reset: reset, initialPotential: initialPotential)
    }

    public func problem(_ coding: Coding) -> String? {
        if !threshold.isFinite || !initialPotential.isFinite || threshold > 0 && !threshold.isNormal {
            return "a threshold or initial potential that is not a number in the range of 32-bit floats"
        }
        return problemOfOneSign(coding)
    }
}
