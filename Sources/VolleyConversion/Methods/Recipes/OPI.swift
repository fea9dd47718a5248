internal import VolleySpiking

extension RateConversion {
    /// Membrane potentials start at half a threshold, where the expected error of a uniformly distributed current is 0.
    public static let opi = RateConversion(
        "opi", "membrane potentials start at half a threshold",
        citation: "Bu, Ding, Yu and Huang, Optimized Potential Initialization for Low-Latency Spiking Neural Networks, AAAI 2022",
        standing: Standing(.exact, "spikes of the authors' later program"), neuron: .integrateAndFire, bound: .trained,
        open: ["bound", "fallback", "percentile", "zeros", "interpolate", "error-steps", "reset", "initial-potential", "input-coding", "pooling"]
    ) {
        $0.initialPotential = 0.5
        $0.trainedKinds = TrainedKind.allCases
    }
}
