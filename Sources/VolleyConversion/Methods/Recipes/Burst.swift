internal import VolleySpiking

extension RateConversion {
    /// Up to Γ spikes in a time-step, so that a bound may lie below the largest activation; maximum pools by lateral inhibition.
    public static let burst = RateConversion(
        "burst", "bursts of spikes, bounds from a percentile, pools by lateral inhibition",
        citation: "Li and Zeng, Efficient and Accurate Conversion of Spiking Neural Network with Burst Spikes, IJCAI 2022, arXiv 2204.13271",
        standing: Standing(.exact, "spikes of the authors' program and of their group's port"), neuron: .burst, bound: .percentile,
        open: ["most", "bound", "percentile", "zeros", "interpolate", "ceiling", "error-steps", "initial-potential", "pooling"]
    ) {
        $0.countsZeros = true
        $0.interpolates = false
    }
}
