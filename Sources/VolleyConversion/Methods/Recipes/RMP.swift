internal import VolleySpiking

extension RateConversion {
    /// The residual membrane potential stays: reset by subtraction, and thresholds are lowered by a factor, so that neurons fire in the range
    /// where their rate is linear.
    public static let rmp = RateConversion(
        "rmp", "thresholds from currents, lowered by a factor, reset by subtraction",
        citation: "Han, Srinivasan and Roy, RMP-SNN: Residual Membrane Potential Neuron for Enabling Deeper High-Accuracy and Low-Latency "
            + "Spiking Neural Network, CVPR 2020",
        standing: Standing(
            .exact,
            "thresholds and spikes of the group's later program, and of an independent one; the factor is a setting, the paper's are not known here"),
        neuron: .integrateAndFire, bound: .currents, open: currentSettings
    ) {
        $0.input = .poisson
        $0.pooling = .refused
        $0.factor = 0.8
    }
}
