internal import VolleySpiking

extension RateConversion {
    static let currentSettings = [
        "factor", "factor-first", "calibration-steps", "reset", "initial-potential", "above-threshold", "late", "input-coding", "input-gain", "seed",
        "pooling", "readout", "beyond-paper",
    ]

    /// Thresholds are the largest currents that arrive at a layer while the layers before it spike, layer by layer.
    public static let spikeNorm = RateConversion(
        "spike-norm", "thresholds from the currents of the spiking network itself, Poisson input, reset to zero",
        citation: "Sengupta et al., Going Deeper in Spiking Neural Networks: VGG and Residual Architectures, Front. Neurosci. 13:95, 2019",
        standing: Standing(.exact, "thresholds and spikes of the group's later program, and of an independent one"), neuron: .integrateAndFire,
        bound: .currents, open: currentSettings
    ) {
        $0.reset = .zero
        $0.input = .poisson
        $0.pooling = .refused
        $0.calibrationSteps = 2500
    }
}
