internal import Foundation
public import VolleyTensors

/// An integrate-and-fire neuron whose threshold follows its own rate: a reconstruction of self-driven adaptive threshold plasticity.
///
/// On every spike, with n of them so far, `y = σ·n/t` and `θ(t+1) = θ(t) + η·θ_0·(m·θ_0/θ(t))·((y/λ)^m − 1)`, kept within 0.1 and 10 times
/// θ_0: neurons that fire less than λ lower their threshold, others raise it. The rule minimises the divergence between the rates and a
/// Weibull density of shape m and scale λ. The published equation could not be consulted, so nothing here is the paper's to the letter
/// (Zhang et al., *Self-driven adaptive threshold plasticity*, IEEE TNNLS 2023). A spike is worth θ_0, whatever the threshold is.
public struct AdaptiveNeuron: NeuronModel {
    public static let family = "adaptive"

    public static let parameters = [
        NeuronParameter("threshold", symbol: "θ_0", unit: "activation", standard: "calibrated", range: "> 0; otherwise it never fires"),
        NeuronParameter("shape", symbol: "m", unit: "1", standard: "1", range: "> 0"),
        NeuronParameter("rate", symbol: "λ", unit: "spikes per time-step", standard: "0.15", range: "> 0"),
        NeuronParameter("gain", symbol: "σ", unit: "1", standard: "1", range: "> 0"),
        NeuronParameter("speed", symbol: "η", unit: "1", standard: "0.01", range: "≥ 0"),
    ]

    public let threshold: Float
    public let shape: Float
    public let rate: Float
    public let gain: Float
    public let speed: Float

    public init(threshold: Float, shape: Float = 1, rate: Float = 0.15, gain: Float = 1, speed: Float = 0.01) {
        self.threshold = threshold
        self.shape = shape
        self.rate = rate
        self.gain = gain
        self.speed = speed
    }

    public struct State: Sendable {
        var potential: Float = 0
        /// In units of θ_0.
        var threshold: Float = 1
        var spikes: Int32 = 0
    }

    public var alphabet: Alphabet { Alphabet(codes: [1], values: [threshold > 0 ? threshold : 0]) }

    public var rest: State { State() }

    public func potential(_ state: State) -> Float { state.potential }

    public func step(_ state: inout State, current: Float, time: Int) -> Int8 {
        state.potential += current
        let own = state.threshold * threshold
        guard threshold > 0, state.potential >= own else { return 0 }
        state.potential -= own
        state.spikes += 1
        let ratio = gain * Float(state.spikes) / Float(time) / rate
        let change = speed * shape / state.threshold * (Float(pow(Double(ratio), Double(shape))) - 1)
        state.threshold = min(max(state.threshold + change, 0.1), 10)
        return 1
    }

    /// For shape 1, where the power is the ratio itself.
    public var rule: NeuronRule? {
        shape == 1 ? .adaptive(threshold: threshold, rate: rate, gain: gain, speed: speed * shape) : nil
    }

    public var summary: String { "+\(threshold) at the start, adaptive" }

    public func divided(by unit: Float) -> AdaptiveNeuron {
        AdaptiveNeuron(threshold: threshold / unit, shape: shape, rate: rate, gain: gain, speed: speed)
    }

    public func problem(_ coding: Coding) -> String? {
        if !threshold.isFinite || threshold > 0 && !threshold.isNormal { return "a threshold that is not a number in the range of 32-bit floats" }
        for (name, value) in [("shape", shape), ("rate", rate), ("gain", gain)] where !(value > 0 && value.isFinite) {
            return "\(name) \(value); a finite number above 0 is needed"
        }
        if !(speed >= 0 && speed.isFinite) { return "speed \(speed); a finite number from 0 on is needed" }
        return problemOfOneSign(coding)
    }
}
