public import VolleyTensors

/// The leaky neuron with a floor: resets to zero, loses a constant at every time-step, and never falls below its floor.
///
/// `m(t) = v(t−1) + L + I(t)`; for `m ≥ θ` it sends θ and `v = 0`; otherwise `v = max(m, v_min)` (Cao, Chen and Khosla, *Spiking Deep
/// Convolutional Neural Networks for Energy-Efficient Object Recognition*, Int. J. Computer Vision 113:54, 2015). The floor cuts off what
/// inhibition takes before excitation arrives, so this is no rectifier of the sum.
public struct LeakyNeuron: NeuronModel {
    public static let family = "leaky"

    public static let parameters = [
        NeuronParameter("threshold", symbol: "θ", unit: "activation", standard: "1", range: "> 0; otherwise it never fires"),
        NeuronParameter("leak", symbol: "L", unit: "threshold per time-step", standard: "0", range: "finite"),
        NeuronParameter("floor", symbol: "v_min", unit: "threshold", standard: "0", range: "≤ 0"),
    ]

    public let threshold: Float
    /// In units of the threshold, as is the floor.
    public let leak: Float
    public let floor: Float

    public init(threshold: Float, leak: Float = 0, floor: Float = 0) {
        self.threshold = threshold
        self.leak = leak
        self.floor = floor
    }

    public var alphabet: Alphabet { Alphabet(codes: [1], values: [threshold > 0 ? threshold : 0]) }

    public var rest: Float { 0 }

    public func potential(_ state: Float) -> Float { state }

    public func step(_ potential: inout Float, current: Float, time: Int) -> Int8 {
        potential += current + leak * threshold
        if threshold > 0, potential >= threshold {
            potential = 0
            return 1
        }
        potential = max(potential, floor * threshold)
        return 0
    }

    public var summary: String { "+\(threshold), leak \(leak), floor \(floor)" }

    public func divided(by unit: Float) -> LeakyNeuron { LeakyNeuron(threshold: threshold / unit, leak: leak, floor: floor) }

    public func problem(_ coding: Coding) -> String? {
        if !threshold.isFinite || threshold > 0 && !threshold.isNormal || !leak.isFinite || !(floor <= 0 && floor.isFinite) {
            return "a threshold, leak or floor that is not a number in the range of 32-bit floats, or a floor above 0"
        }
        return problemOfOneSign(coding)
    }
}
