internal import VolleySpiking

extension RateConversion {
    /// Every neuron's threshold follows its own rate; see `AdaptiveNeuron`.
    public static let satp = RateConversion(
        "satp", "experimental: thresholds that adapt to each neuron's own rate",
        citation: "Zhang, Shi, Wu, Zhou and Yu, Self-Driven Adaptive Threshold Plasticity, IEEE TNNLS 2023",
        standing: Standing(.reconstructed, "experimental; the rule by which thresholds change could not be consulted and is derived anew"),
        neuron: .adaptive, bound: .maximum, open: ["bound", "percentile", "zeros", "interpolate", "shape", "rate", "gain", "speed", "pooling"])
}
