public import VolleyTensors

/// The integrate-and-fire neuron that a first run can silence: the one that a negative residual shows to have sent too much.
///
/// A probe of τ time-steps runs plainly. Behind it a neuron is silenced unless `v(τ) > 10⁻³·θ`, and all start anew. A silenced neuron
/// integrates and resets as before, and sends nothing (Hao et al., *Reducing ANN-SNN Conversion Error through Residual Membrane
/// Potential*, AAAI 2023, arXiv 2302.02091; the tolerance is that of the authors' program).
public struct MaskedNeuron: NeuronModel {
    public static let family = "masked"

    public static let parameters = [
        NeuronParameter("threshold", symbol: "θ", unit: "activation", standard: "trained", range: "> 0; otherwise it never fires"),
        NeuronParameter("probe", symbol: "τ", unit: "time-steps", standard: "4", range: "≥ 1, the network's"),
        NeuronParameter("initialPotential", symbol: "v(0)/θ", unit: "threshold", standard: "0.5", range: "finite"),
    ]

    /// In units of the threshold.
    private static let tolerance: Float = 1e-3

    public let threshold: Float
    public let probe: Int
    /// In units of the threshold.
    public let initialPotential: Float

    public init(threshold: Float, probe: Int, initialPotential: Float = 0.5) {
        self.threshold = threshold
        self.probe = probe
        self.initialPotential = initialPotential
    }

    public struct State: Sendable {
        var potential: Float
        var isSilenced = false
    }

    public var alphabet: Alphabet { Alphabet(codes: [1], values: [threshold > 0 ? threshold : 0]) }

    public var rest: State { State(potential: initialPotential * threshold) }

    /// The largest potential at the end of the probe that silences a neuron.
    public var silencingPotential: Float { Self.tolerance * threshold }

    public func potential(_ state: State) -> Float { state.potential }

    public func step(_ state: inout State, current: Float, time: Int) -> Int8 {
        if time == probe + 1 {
            state.isSilenced = !(state.potential > silencingPotential)
            state.potential = initialPotential * threshold
        }
        state.potential += current
        guard threshold > 0, state.potential >= threshold else { return 0 }
        state.potential -= threshold
        return state.isSilenced ? 0 : 1
    }

    public var summary: String { "+\(threshold), after a probe of \(probe)" }

    public func divided(by unit: Float) -> MaskedNeuron {
        MaskedNeuron(threshold: threshold / unit, probe: probe, initialPotential: initialPotential)
    }

    public func problem(_ coding: Coding) -> String? {
        if !threshold.isFinite || !initialPotential.isFinite || threshold > 0 && !threshold.isNormal {
            return "a threshold or initial potential that is not a number in the range of 32-bit floats"
        }
        if probe < 1 { return "a probe of \(probe) time-steps; at least 1 is needed" }
        return problemOfOneSign(coding)
    }
}
