internal import VolleySpiking

extension RateConversion {
    /// Trained with a blend of a ramp and of steps; converted as clip-floor-shift is: θ = λ, potentials start at δ₂·θ.
    public static let slipReLU = RateConversion(
        "sliprelu", "thresholds of activations between a ramp and steps, potentials start at half of them",
        citation: "Jiang et al., A Unified Optimization Framework of ANN-SNN Conversion: Towards Optimal Mapping from Activation Values to "
            + "Firing Rates, ICML 2023",
        standing: Standing(.exact, "spikes of the authors' program"), neuron: .integrateAndFire, bound: .trained,
        open: ["fallback", "percentile", "zeros", "interpolate", "error-steps", "initial-potential", "pooling"]
    ) {
        $0.initialPotential = 0.5
        $0.fallback = .error
        $0.errorSteps = 4
        $0.trainedKinds = [.slip]
    }
}
