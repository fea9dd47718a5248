internal import VolleySpiking

extension RateConversion {
    /// Networks without biases on leaky neurons that reset to zero and never fall below a floor, fed with random spikes, read by counting
    /// spikes. Average pools are layers of neurons too.
    public static let cao = RateConversion(
        "cao", "leaky neurons with reset to zero and a floor, Bernoulli input, spike counts",
        citation: "Cao, Chen and Khosla, Spiking Deep Convolutional Neural Networks for Energy-Efficient Object Recognition, "
            + "Int. J. Computer Vision 113:54, 2015",
        standing: Standing(
            .reconstructed, "neuron, input and readout are from memory of the paper, thresholds are chosen by hand; there is no program"),
        neuron: .leaky, bound: .manual,
        open: ["threshold", "leak", "floor", "input-coding", "input-gain", "seed", "pooling", "pool-neurons", "readout", "beyond-paper"]
    ) {
        $0.reset = .zero
        $0.input = .bernoulli
        $0.pooling = .refused
        $0.poolNeurons = true
        $0.readout = .spikes
    }
}
