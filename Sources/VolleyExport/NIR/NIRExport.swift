internal import VolleyFormats
public import VolleySpiking
internal import VolleyTensors

/// Writes a spiking network as a graph of NIR, which other simulators and neuromorphic hardware read.
///
/// NIR says less than a `.volley` file: integrate-and-fire neurons of one threshold (`IF`) behind convolutions (`Conv2d`), linear layers
/// (`Affine`), average pools and sums. That is what the methods make that put neurons in the place of rectifiers, with analog input and
/// average pools. Everything else is refused, with all nodes that stand in the way.
///
/// Spikes of NIR are 1, those of Volley are worth a value a: `Σ_j W_ij·a_j·s_j + b_i`, so weights take it in. A time-step is 1 and r is 1, so
/// a membrane potential is in units of the activation and grows by a step's current, `v(t) = v(t−1) + I(t)`. Volley's neurons fire at θ, NIR's
/// above `v_threshold`: the float below θ says the same. What is fed and the biases come at every time-step, and the answer at t is the mean
/// of what the node `output` had in steps 1…t.
public struct NIRExport: Sendable {
    /// What an average pool becomes. Programs read one or the other: snnTorch means, sinabs and Norse sums.
    public enum Pools: String, Sendable, CaseIterable {
        /// `SumPool2d`, the division by the size of the window folded into what reads it.
        case sum
        /// `AvgPool2d`.
        case average
    }

    public let graph: NIRGraph
    public let rating: ExportReport.Rating
    /// What differs, and what a reader must know, in full sentences.
    public let notes: [String]

    /// - Throws: ``ExportError`` with every node that NIR cannot say.
    public init(_ network: SpikingNetwork, pools: Pools = .sum) throws {
        var translation = NIRTranslation(network, pools: pools)
        try translation.run()
        (graph, rating, notes) = (translation.graph, translation.differences.isEmpty ? .faithful : .approximate, translation.notes)
    }

    /// Writes the file, through libhdf5.
    /// - Throws: `FormatError` where libhdf5 is not installed (`libraryMissing`, with what to install) or the file cannot be written.
    public func write(to path: String) throws -> ExportReport {
        try HDF5File.write(graph.objects, to: path)
        return ExportReport(format: "NIR", rating: rating, notes: notes, files: [path])
    }
}
