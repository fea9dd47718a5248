internal import VolleySpiking

extension RateConversion {
    private static let diehlCitation =
        "Diehl et al., Fast-Classifying, High-Accuracy Spiking Deep Networks Through Weight and Threshold Balancing, IJCNN 2015"
    private static let diehlSettings = [
        "reset", "input-coding", "input-gain", "seed", "pooling", "pool-neurons", "readout", "form", "beyond-paper",
    ]

    /// Weights are divided by the largest sum of positive ones, so that no neuron ever owes more than one spike: `λ_l = N_l·λ_{l−1}` with
    /// `N = max_i Σ_j max(0, W_ij)`.
    public static let diehlModel = diehl(
        "diehl-model", "weights normalised by their largest positive sum, Poisson input, reset to zero", bound: .weights)

    /// `λ_l = max(max W_l, max a_l)`. The published program hands on ratios instead of scales from layer to layer, looks for the largest
    /// weight in the first kernel of a convolution only, and leaves the output of convolutional networks as it is: `form program`.
    public static let diehlData = diehl(
        "diehl-data", "weights normalised by the largest activation, Poisson input, reset to zero", bound: .weightsAndMaximum)

    private static func diehl(_ name: String, _ summary: String, bound: Bound) -> RateConversion {
        RateConversion(
            name, summary, citation: diehlCitation,
            standing: Standing(.exact, "spikes of the authors' program, in its form and in that of the paper"), neuron: .integrateAndFire,
            bound: bound, open: diehlSettings
        ) {
            $0.reset = .zero
            $0.input = .poisson
            $0.pooling = .refused
            $0.poolNeurons = true
            $0.readout = .spikes
        }
    }
}
