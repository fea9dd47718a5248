public import VolleySpiking

/// Multi-threshold neurons, with thresholds from quantiles of the activations: one family, whose members are stated values for
/// everything that it leaves open.
///
/// | symbol | setting | unit | ecmt | differential | range |
/// |---|---|---|---|---|---|
/// | | `coding` | | rate | differential | |
/// | | `direction` | | up | down | |
/// | n | `levels` | 1 | 8 | 8 | 1…24 |
/// | | `rounding` | | half-base | nearest | |
/// | | `reset` | | subtraction | subtraction | |
/// | v(0)/λ_1 | `initialPotential` | smallest positive threshold | 0 | 0 | −0.5…0.5 |
/// | p | `quantile` | 1 | 0.99 | 0.999 | 0.5…1 |
/// | | `scale` | 1 | 1 | 4 | > 0 |
/// | | `symmetric` | | no | yes | |
/// | | `spikingHead` | | no | no | |
public struct MultiThreshold: ConversionMethod, Hashable {
    public let name: String
    public let summary: String
    public let citation: String
    public var coding: Coding
    public var direction: ThresholdLadder.Direction
    public var levels = 8
    public var rounding: NeuronLayer.Rounding
    public var reset: NeuronLayer.Reset = .subtraction
    /// In units of the smallest positive threshold.
    public var initialPotential: Float = 0
    /// Which quantile of the calibrated activation thresholds are made from.
    public var quantile: Double
    /// What the quantile is multiplied with.
    public var scale: Float
    /// One threshold for both signs.
    public var symmetric: Bool
    /// Whether a neuron layer stands before the classifier head too.
    public var spikingHead = false
    /// Explicit thresholds `[positive, negative]` by site, instead of calibration.
    public var thresholds: [String: [Double]]?
    /// Thresholds of some sites as a paper's program pins them.
    public var preset: ThresholdPreset?

    /// Expectation compensation and multi-threshold neurons under rate coding.
    public static let ecmt = MultiThreshold(
        name: "ecmt", summary: "rate coding on an ascending ladder of thresholds, with expectation compensation",
        citation: "Huang et al., Towards High-performance Spiking Transformers from ANN to SNN Conversion, MM '24, arXiv 2502.21193",
        coding: .rate, direction: .up, rounding: .halfBase, quantile: 0.99, scale: 1, symmetric: false)

    /// The same with differential coding.
    public static let differential = MultiThreshold(
        name: "differential", summary: "differential coding on a descending ladder of thresholds",
        citation: "Huang et al., Differential Coding for Training-Free ANN-to-SNN Conversion, ICML 2025, arXiv 2503.00301",
        coding: .differential, direction: .down, rounding: .nearest, quantile: 0.999, scale: 4, symmetric: true)

    public static let all = [ecmt, differential]

    /// Everything about the family that can be set; a line here and a property above are a new setting.
    public static let settings: [MethodSetting<MultiThreshold>] = [
        MethodSetting(choice: "coding", \.coding, "what neurons send, their activation or corrections of it"),
        MethodSetting(
            choice: "ladder", \.direction, "whether thresholds double from the smallest or halve from the largest"),
        MethodSetting("levels", \.levels, in: 1...24, symbol: "n", "thresholds per sign"),
        MethodSetting(
            choice: "rounding", \.rounding, "whether potentials are rounded down above the smallest threshold, or to the nearest power of two"),
        MethodSetting(choice: "reset", \.reset, "what a spike does to the membrane potential"),
        MethodSetting(
            "initial-potential", \.initialPotential, in: -0.5...0.5, symbol: "v(0)/λ_1", unit: "smallest positive threshold",
            "membrane potential at the start"),
        MethodSetting(
            "quantile", \.quantile, in: 0.5...1, symbol: "p", when: \.isCalibrated, "quantile of the activation that thresholds are made from"),
        MethodSetting(positive: "scale", \.scale, when: \.isCalibrated, "what calibrated quantiles are multiplied with"),
        MethodSetting(switch: "symmetric", \.symmetric, when: \.isCalibrated, "one threshold for both signs"),
        MethodSetting(switch: "spiking-head", \.spikingHead, "neurons before the classifier head too"),
    ]

    private var isCalibrated: Bool { thresholds == nil }

    public var observers: [any Observer.Type] { isCalibrated ? [SiteStatistics.self] : [] }

    /// - Throws: ``ConversionError`` for settings outside their range or against each other.
    public func validate() throws {
        try checkSettings()
        guard coding == .rate || reset == .subtraction else {
            throw ConversionError(.badSettings, "reset to zero has no meaning under differential coding")
        }
    }
}
