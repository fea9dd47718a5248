internal import OrderedCollections
internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

extension SpikingNetwork {
    /// By site, the numbers that a conversion takes for thresholds: `[positive, negative]` of ladders and encoders; of neurons in the place of
    /// activations `[threshold]`, `[threshold, what a spike is worth]`, or one threshold for each neuron. Random inputs have none.
    var statedThresholds: [String: [Double]] {
        Dictionary(
            uniqueKeysWithValues: graph.nodes.indices.compactMap { id -> (String, [Double])? in
                guard let layer = layer(at: id), let stated = layer.model.statedThresholds else { return nil }
                guard graph[id].inputs.count > 1, let divisors = graph[graph[id].inputs[1]].constant else {
                    return (graph[id].name, stated.map(Double.init))
                }
                return (graph[id].name, divisors.values.map { Double($0 * stated[0]) })
            })
    }
}

extension NeuronModel {
    fileprivate var statedThresholds: [Float]? {
        switch self {
        case let neuron as MultiThresholdNeuron: [neuron.ladder.positive, neuron.ladder.negative]
        case let neuron as EncoderNeuron: [neuron.positive, neuron.negative]
        case let neuron as IntegrateAndFireNeuron: [neuron.threshold] + [neuron.amplitude].compactMap(\.self)
        case let neuron as BurstNeuron: [neuron.threshold] + [neuron.amplitude].compactMap(\.self)
        case let neuron as SignedNeuron: [neuron.threshold]
        case let neuron as HalfBurstNeuron: [neuron.threshold]
        case let neuron as MaskedNeuron: [neuron.threshold]
        case let neuron as LeakyNeuron: [neuron.threshold]
        case let neuron as AdaptiveNeuron: [neuron.threshold]
        default: nil
        }
    }
}
