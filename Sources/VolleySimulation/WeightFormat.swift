internal import VolleySpiking
internal import VolleyTensors

/// How a program holds the weights of layers behind neurons.
public enum WeightFormat: String, Sendable, Hashable, Codable, CaseIterable {
    /// 32-bit floats, as trained.
    case fp32
    /// Whole numbers of 16 bits times a scale per output channel: as good as fp32, at up to twice its speed.
    case int16
    /// Whole numbers of 8 bits times a scale per output channel. Thresholds of both signs that lie within 1 % of each other
    /// become one, their mean, since spikes of one ladder need one product and those of two need two; finer ladders send whole multiples of
    /// a unit, of which a byte holds nearly all.
    case int8

    /// The length of a number; nil for floats.
    public var bits: Int? {
        switch self {
        case .fp32: nil
        case .int16: 16
        case .int8: 8
        }
    }

    /// The layer of neurons in front of such weights.
    func rounded(_ layer: NeuronLayer) -> NeuronLayer {
        var rounded = layer
        if self == .int8, let joined = layer.model.joiningSigns(within: 0.01) { rounded = NeuronLayer(joined) }
        if self == .int8, let multiples = rounded.model.sendingMultiples() { rounded = NeuronLayer(multiples) }
        if let whole = rounded.alphabet.wholeNumbers, whole.error > 0, let sending = rounded.model.sending(whole.values) {
            rounded = NeuronLayer(sending)
        }
        return rounded
    }
}
