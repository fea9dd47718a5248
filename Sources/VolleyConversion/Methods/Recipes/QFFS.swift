internal import VolleySpiking

extension RateConversion {
    /// Activations of b bits: thresholds `s·(2^b − 1)`, potentials start at half of them, the network is fed for `2^b − 1` time-steps, and spikes
    /// that were sent too much are taken back, then and in the steps behind, until nothing moves: then counts are the ANN's levels.
    /// Fast-SNN (Hu et al., TPAMI 2023) is the same with `retract-below 0.001`.
    public static let qffs = RateConversion(
        "qffs", "thresholds of activations of a few bits, spikes are taken back until the network is quiet",
        citation: "Li, Ma and Furber, Quantization Framework for Fast Spiking Neural Networks, Front. Neurosci. 16:918793, 2022",
        standing: Standing(
            .exact,
            "spikes of the first author's later program, with the lines for negative spikes that its release has switched off; "
                + "the steps without input are a reconstruction"),
        neuron: .retracting, bound: .trained,
        open: ["bits", "retract", "retract-below", "fallback", "percentile", "zeros", "interpolate", "error-steps", "initial-potential", "pooling"]
    ) {
        $0.initialPotential = 0.5
        $0.fallback = .error
        $0.errorSteps = 15
        $0.trainedKinds = [.steps]
    }
}
