import Volley

/// An integrate-and-fire neuron that pauses for p time-steps after every spike.
///
/// `v(0) = θ/2` and `m(t) = v(t−1) + I(t)`; in a pause nothing is sent and `v(t) = m(t)`; otherwise for `m(t) ≥ θ` it sends θ and
/// `v(t) = m(t) − θ`. It sends at most every (p + 1)-th step, so θ is (p + 1)·λ for the largest activation λ to be reached.
struct PausingNeuron: NeuronModel {
    static let family = "pausing"

    static let parameters = [
        NeuronParameter("threshold", symbol: "θ", unit: "activation", standard: "calibrated", range: "> 0"),
        NeuronParameter("pause", symbol: "p", unit: "time-steps", standard: "1", range: "≥ 0"),
    ]

    var threshold: Float
    var pause: Int

    init(bound: Float, pause: Int) {
        threshold = bound * Float(pause + 1)
        self.pause = pause
    }

    /// What a neuron keeps from one time-step to the next.
    struct State {
        var potential: Float
        /// How many steps of the pause are left.
        var pausing = 0
    }

    /// Code 1 is a spike, worth θ. Code 0, silence, is in every alphabet.
    var alphabet: Alphabet { Alphabet(codes: [1], values: [threshold]) }

    /// The state before the first time-step. From half a threshold on, what is sent is as often too much as too little.
    var rest: State { State(potential: threshold / 2) }

    func step(_ state: inout State, current: Float, time: Int) -> Int8 {
        state.potential += current
        if state.pausing > 0 {
            state.pausing -= 1
            return 0
        }
        guard state.potential >= threshold else { return 0 }
        state.potential -= threshold
        state.pausing = pause
        return 1
    }

    func potential(_ state: State) -> Float { state.potential }

    func divided(by unit: Float) -> PausingNeuron { PausingNeuron(bound: threshold / unit / Float(pause + 1), pause: pause) }

    /// Network files are refused with this reason where the neuron cannot be.
    func problem(_ coding: Coding) -> String? {
        if coding == .differential { return "neurons of one sign, which cannot take back what they sent" }
        return threshold.isNormal && threshold > 0 && pause >= 0 ? nil : "a threshold that is no number above 0, or a negative pause"
    }

    var summary: String { "+\(threshold), pauses \(pause)" }
}
