internal import VolleySpiking

extension RateConversion {
    /// A rate norm layer gives `clip(z, 0, θ)/θ` with θ = p·(running maximum); neurons of threshold θ stand in for the clip, and the division
    /// behind them makes their spikes unit spikes.
    public static let rnl = RateConversion(
        "rnl", "thresholds are those of trained rate norm layers",
        citation: "Ding, Yu, Tian and Huang, Optimal ANN-SNN Conversion for Fast and Accurate Inference in Deep Spiking Neural Networks, IJCAI 2021",
        standing: Standing(.exact, "spikes of the authors' program"), neuron: .integrateAndFire, bound: .trained,
        open: ["fallback", "percentile", "zeros", "interpolate", "initial-potential", "pooling"]
    ) {
        $0.fallback = .maximum
    }
}
