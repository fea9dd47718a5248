public import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// Spiking networks made from the sample graphs, with thresholds from a quick look at the activations.
public enum SampleNetworks {
    public static let provenance = Provenance(version: "test", method: "test", citation: "none")

    /// Every site gets the ladder of its method: rate coding ascending from half, differential coding descending from four
    /// times the largest size of its activation.
    public static func network(
        _ graph: Graph, coding: Coding, levels: Int = 6, reset: Reset = .subtraction,
        initialPotential: Float = 0, spikingHead: Bool = false, seed: UInt64 = 5, stepsPerOctave: Int = 1
    ) throws -> SpikingNetwork {
        try network(graph, coding: coding, spikingHead: spikingHead, seed: seed) { size in
            let ladder =
                switch coding {
                // Unequal sides, not powers of two: what a calibration gives.
                case .rate: ThresholdLadder(.up, levels: levels, positive: 0.31 * size, negative: 0.27 * size, stepsPerOctave: stepsPerOctave)
                case .differential: ThresholdLadder(.down, levels: levels, positive: 2 * size, negative: 2 * size, stepsPerOctave: stepsPerOctave)
                }
            return NeuronLayer(
                ladder: ladder, rounding: coding == .rate ? .halfBase : .nearest, reset: reset,
                initialPotential: initialPotential)
        }
    }

    /// - Parameter layer: of neurons, for activations of about that size.
    public static func network(
        _ graph: Graph, coding: Coding, spikingHead: Bool = false, seed: UInt64 = 5, layer: (_ size: Float) -> NeuronLayer
    ) throws -> SpikingNetwork {
        let placed = try PlaceNeurons.apply(to: graph, spikingHead: spikingHead)
        let sizes = try sizes(at: placed, SampleGraphs.inputs(for: placed, batch: 4, seed: seed))
        return try SpikingNetwork(graph: placed, coding: coding, neurons: sizes.mapValues(layer), provenance: provenance)
    }

    /// By neuron site, the largest size of its activation on some inputs.
    public static func sizes(at placed: Graph, _ inputs: [String: Tensor]) throws -> [String: Float] {
        var sizes: [String: Float] = [:]
        _ = try Evaluator(placed).run(inputs) { node, value in
            if case .operation(.neuron) = node.content { sizes[node.name] = value.values.map(abs).max() }
        }
        return sizes
    }
}
