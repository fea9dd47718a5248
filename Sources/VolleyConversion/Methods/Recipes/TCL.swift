internal import VolleySpiking

extension RateConversion {
    /// The trained bound of a clipping layer, `y = clip(x, 0, λ)`, is the threshold.
    public static let tcl = RateConversion(
        "tcl", "thresholds are the trained bounds of clipping layers",
        citation: "Ho and Chang, TCL: an ANN-to-SNN Conversion with Trainable Clipping Layers, DAC 2021, arXiv 2008.04509",
        standing: Standing(
            .described, "the activation and neuron of a later program of another group; the rules for residual blocks follow from weighted spikes"),
        neuron: .integrateAndFire, bound: .trained,
        open: ["fallback", "percentile", "zeros", "interpolate", "error-steps", "initial-potential", "pooling"])
}
