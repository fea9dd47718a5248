internal import VolleySpiking

extension RateConversion {
    /// Trained with `clip(x, −V, V)`: neurons with a threshold on either side, without memory.
    public static let strelu = RateConversion(
        "strelu", "thresholds of both signs for activations bounded on both sides",
        citation: "Han, Wang, Shen and Tang, Symmetric-Threshold ReLU for Fast and Nearly Lossless ANN-SNN Conversion, "
            + "Machine Intelligence Research 20:435, 2023",
        standing: Standing(.reconstructed, "the activation is the paper's, the neuron follows from it and the abstract; there is no program"),
        neuron: .symmetric, bound: .trained, open: ["pooling", "initial-potential"]
    ) {
        $0.pooling = .stepMaximum
        $0.fallback = .maximum
        $0.trainedKinds = [.symmetric]
    }
}
