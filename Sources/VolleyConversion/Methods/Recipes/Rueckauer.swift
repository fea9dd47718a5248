internal import VolleySpiking

extension RateConversion {
    /// Robust normalisation, `λ_l` a percentile of the activations that are not 0; analog input, biases at every step, maximum pools gated
    /// by what their members have sent.
    public static let rueckauer = RateConversion(
        "rueckauer", "bounds from a percentile of the activations, analog input, gated pools",
        citation: "Rueckauer et al., Conversion of Continuous-Valued Deep Networks to Efficient Event-Driven Networks for Image "
            + "Classification, Front. Neurosci. 11:682, 2017",
        standing: Standing(.exact, "spikes of the authors' toolbox and of SpikingJelly"), neuron: .integrateAndFire, bound: .percentile,
        open: [
            "bound", "percentile", "zeros", "interpolate", "reset", "initial-potential", "input-coding", "input-gain", "seed", "pooling",
            "pool-neurons", "readout",
        ]
    ) {
        $0.pooling = .gated
    }
}
