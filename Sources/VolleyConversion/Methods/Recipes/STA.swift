public import VolleyGraph
public import VolleySpiking
internal import VolleyTensors

/// Spatio-temporal approximation for Transformers: encoders of two half-burst neurons before every layer and product, thresholds of
/// smallest squared error, and products that are estimated and corrected step by step, which is expectation compensation (semantics 4.2).
///
/// The paper also replaces GELU, the parts of softmax and of layer normalisation by small trained networks of rectifiers and those by spiking
/// neurons; its program evaluates those of softmax in floating point. Here all of them are evaluated in floating point on the estimates
/// (semantics 4.1).
///
/// | symbol | setting | unit | default | range |
/// |---|---|---|---|---|
/// | T | `errorSteps` | time-steps | 32 | ≥ 1 |
/// | | `spikingHead` | | no | |
public struct SpatioTemporalApproximation: ConversionMethod, Hashable {
    public let name = "sta"
    public let summary = "encoders of half-threshold bursts before layers and products, for Transformers"
    public let citation =
        "Jiang et al., Spatio-Temporal Approximation: A Training-Free SNN Conversion for Transformers, ICLR 2024"
    public let standing = Standing(
        .reconstructed,
        "neurons and products are those of the authors' program; its fitted networks for GELU, softmax and layer normalisation are not used, "
            + "these functions are evaluated in floating point")
    /// T of the squared error that thresholds minimise.
    public var errorSteps = 32
    /// Whether neurons stand before the classifier head too.
    public var spikingHead = false

    public static let sta = SpatioTemporalApproximation()

    public init() {}

    public var settings: [MethodSetting<SpatioTemporalApproximation>] {
        [
            MethodSetting("error-steps", \.errorSteps, in: 1...1_000_000, symbol: "T", unit: "time-steps", "steps that the squared error is of"),
            MethodSetting(switch: "spiking-head", \.spikingHead, "neurons before the classifier head too"),
        ]
    }

    public var observers: [any Observer.Type] { [Histogram.self] }

    public var requirements: [NetworkRequirement] {
        var places = MultiThreshold.ecmt
        places.spikingHead = spikingHead
        return places.requirements
    }

    /// - Throws: ``ConversionError`` for settings, a network or data that do not fit, and what the data throws.
    public func convert(_ graph: Graph, on calibration: Calibration) throws -> SpikingNetwork {
        try validate()
        try check(graph)
        let placed = try PlaceNeurons.apply(to: graph, spikingHead: spikingHead)
        let found = try calibration.observe(placed) { _, _ in Histogram(bins: 1 << 14) }
        let error = SquaredError(steps: errorSteps, initialPotential: 0)
        let layers = SpikingNetwork.sites(of: placed).map { site in
            let histogram = found[site] ?? Histogram(bins: 2)
            return (site, NeuronLayer(EncoderNeuron(positive: error.bestBound(histogram), negative: error.bestBound(histogram, ofNegatives: true))))
        }
        return try SpikingNetwork(graph: placed, coding: .rate, neurons: Dictionary(uniqueKeysWithValues: layers), provenance: provenance)
    }
}
