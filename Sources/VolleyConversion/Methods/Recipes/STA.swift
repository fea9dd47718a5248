public import VolleyGraph
public import VolleySpiking
internal import VolleyTensors

/// Spatio-temporal approximation for Transformers: encoders of two half-burst neurons, thresholds of smallest squared error, and products
/// that are estimated and corrected step by step, which is expectation compensation (semantics 4.2).
///
/// The paper replaces GELU, the parts of softmax and of layer normalisation by small networks of rectifiers, and those by spiking neurons; its
/// program evaluates those of softmax in floating point. So does the form `program` (``FittedFunctions`` says with which networks). In the
/// form `estimates` all of them are evaluated in floating point on the estimates (semantics 4.1), and encoders stand before every layer and
/// product.
///
/// | symbol | setting | unit | default | range |
/// |---|---|---|---|---|
/// | | `form` | | estimates | estimates, program |
/// | T | `errorSteps` | time-steps | 32 | ≥ 1 |
/// | N | `functions.activationUnits` | hidden units | 64 | 1…1024 |
/// | N | `functions.rootUnits` | hidden units | 8 | 1…1024 |
/// | c | `functions.largestScore` | score | 3 | 1…40 |
/// | | `spikingHead` | | no | |
public struct SpatioTemporalApproximation: ConversionMethod, Hashable {
    /// What evaluates the functions that are no layers.
    public enum Form: String, Sendable, Hashable, CaseIterable { case estimates, program }

    public let name = "sta"
    public let summary = "encoders of half-threshold bursts before layers and products, for Transformers"
    public let citation =
        "Jiang et al., Spatio-Temporal Approximation: A Training-Free SNN Conversion for Transformers, ICLR 2024"
    public var form = Form.estimates
    /// T of the squared error that thresholds minimise.
    public var errorSteps = 32
    /// The networks of rectifiers, in the form `program`.
    public var functions = FittedFunctions()
    /// Whether neurons stand before the classifier head too.
    public var spikingHead = false
    /// By site, in the form `program`: one threshold, or one for each place on the last axis and hidden unit; 0 for neurons that never fire.
    /// Nil: they are calibrated.
    public var thresholds: [String: [Double]]?

    public static let sta = SpatioTemporalApproximation()

    public init() {}

    public var standing: Standing {
        switch form {
        case .estimates:
            Standing(
                .reconstructed,
                "neurons and products are those of the authors' program; its networks of rectifiers for GELU, softmax and layer normalisation are not "
                    + "used (the form 'program' has them), these functions are evaluated in floating point")
        case .program:
            Standing(
                .exact,
                "values of every time-step of the authors' program, given its thresholds and the spikes of its attention map; that map's network for "
                    + "1/x, whose large weights cancel in 32 bits there, is evaluated without that rounding")
        }
    }

    public var settings: [MethodSetting<SpatioTemporalApproximation>] {
        [
            MethodSetting(
                choice: "form", \.form, "functions evaluated on the estimates, or by networks of rectifiers as the authors' program has them"),
            MethodSetting("error-steps", \.errorSteps, in: 1...1_000_000, symbol: "T", unit: "time-steps", "steps that the squared error is of"),
            MethodSetting(
                "activation-units", \.functions.activationUnits, in: 1...1024, symbol: "N", unit: "hidden units", when: { $0.form == .program },
                "rectifiers of the network that stands for GELU"),
            MethodSetting(
                "root-units", \.functions.rootUnits, in: 1...1024, symbol: "N", unit: "hidden units", when: { $0.form == .program },
                "rectifiers of the network that stands for 1/√x in layer normalisations"),
            MethodSetting(
                "largest-score", \.functions.largestScore, in: 1...40, symbol: "c", unit: "score", when: { $0.form == .program },
                "where scores of attention, less the first of their row, plus 1, are cut off"),
            MethodSetting(switch: "spiking-head", \.spikingHead, "neurons before the classifier head too"),
        ]
    }

    public var observers: [any Observer.Type] {
        switch form {
        case .estimates: [Histogram.self]
        case .program: thresholds != nil && functions.stated[.inverseRoot] != nil ? [] : [EveryValue.self]
        }
    }

    public var requirements: [NetworkRequirement] {
        var places = MultiThreshold.ecmt
        places.spikingHead = spikingHead
        return places.requirements
    }

    /// - Throws: ``ConversionError`` for the first setting outside its range, and for what the form `estimates` has no use for.
    public func validate() throws {
        try checkSettings()
        guard form == .estimates else { return }
        let remedy = Remedy(.methodSetting, "form program")
        if thresholds != nil {
            throw ConversionError(.badSettings, "thresholds can be stated in the form 'program' (\(remedy))", remedies: [remedy])
        }
        if !functions.stated.isEmpty {
            throw ConversionError(.badSettings, "networks that stand for functions are used in the form 'program' (\(remedy))", remedies: [remedy])
        }
    }

    /// - Throws: ``ConversionError`` for settings, a network or data that do not fit, and what the data throws.
    public func convert(_ graph: Graph, on calibration: Calibration) throws -> SpikingNetwork {
        try validate()
        try check(graph)
        return form == .program ? try programNetwork(graph, calibration) : try estimatesNetwork(graph, calibration)
    }

    private func estimatesNetwork(_ graph: Graph, _ calibration: Calibration) throws -> SpikingNetwork {
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
