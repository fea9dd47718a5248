internal import VolleySpiking

extension RateConversion {
    /// Trained with `λ·clip(⌊z·L/λ + 1/2⌋/L, 0, 1)`: θ = λ, and potentials start at θ/2, so that the expected error is 0 for any T and L.
    public static let qcfs = RateConversion(
        "qcfs", "thresholds of clip-floor-shift activations, potentials start at half of them",
        citation:
            "Bu et al., Optimal ANN-SNN Conversion for High-Accuracy and Ultra-Low-Latency Spiking Neural Networks, ICLR 2022, arXiv 2303.04347",
        standing: Standing(.exact, "spikes of the authors' program, older and newer"), neuron: .integrateAndFire, bound: .trained,
        open: ["fallback", "percentile", "zeros", "interpolate", "error-steps", "initial-potential", "pooling"]
    ) {
        $0.initialPotential = 0.5
        $0.fallback = .error
        $0.errorSteps = 8
        $0.trainedKinds = [.steps]
    }
}
