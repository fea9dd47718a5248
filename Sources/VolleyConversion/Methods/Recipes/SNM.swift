internal import VolleySpiking

extension RateConversion {
    /// Signed neurons with memory, a threshold for every neuron, and neurons at the outputs.
    public static let snm = RateConversion(
        "snm", "signed neurons with memory, a threshold for every neuron",
        citation: "Wang, Zhang, Chen and Qu, Signed Neuron with Memory: Towards Simple, Accurate and High-Efficient ANN-SNN Conversion, IJCAI 2022",
        standing: Standing(.exact, "spikes of the authors' program; memory is a whole number, where the program's sum of floats leaves residues"),
        neuron: .memory, bound: .neuronMaximum,
        open: ["bound", "percentile", "zeros", "interpolate", "error-steps", "threshold-bits", "initial-potential", "pooling", "readout"]
    ) {
        $0.readout = .spikes
    }
}
