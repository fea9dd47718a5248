internal import VolleySpiking

extension RateConversion {
    /// A spike carries a value: `θ·(⌈u/θ⌉ − 1)` of n steps, and u itself above them. One time-step, and every product is a multiplication.
    public static let stepReLU = RateConversion(
        "steprelu", "graded spikes that carry rounded values, T = 1",
        citation: "Wang, Cao, Chen, Feng and Wang, A New ANN-SNN Conversion Method with High Accuracy, Low Latency and Good Robustness, IJCAI 2023",
        standing: Standing(
            .reconstructed, "the activation is that of the authors' program; they published no spiking half, and the neuron follows from the abstract"
        ),
        neuron: .graded, bound: .trained, open: ["graded-step", "graded-count"])
}
