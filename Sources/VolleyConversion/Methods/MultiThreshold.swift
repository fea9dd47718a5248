public import VolleySpiking
internal import VolleyTensors

/// Multi-threshold neurons, with thresholds from quantiles of the activations: one family, whose members are stated values for
/// everything that it leaves open.
///
/// | symbol | setting | unit | ecmt | differential | range |
/// |---|---|---|---|---|---|
/// | | `coding` | | rate | differential | |
/// | | `direction` | | up | down | |
/// | m | `stepsPerOctave` | 1 | 1 | 1 | 1, 2, 4, 8 |
/// | n | `levels` | 1 | 8; 12 m for m > 1 | 8; 12 m for m > 1 | 1…127 |
/// | | `rounding` | | half-base | nearest | |
/// | δ_t | `deadZones` | root mean square of the site | none | none | ≥ 0, up to 16 |
/// | | `reset` | | subtraction | subtraction | |
/// | v(0)/λ_1 | `initialPotential` | smallest positive threshold | 0 | 0 | −0.5…0.5 |
/// | p | `quantile` | 1 | 0.99 | 0.999 | 0.5…1 |
/// | | `scale` | 1 | 1 | 4 | > 0 |
/// | | `symmetric` | | no | yes | |
/// | T | `optimalSteps` | time-steps | 0 | 0 | 0 for the quantile's thresholds |
/// | | `spikingHead` | | no | no | |
public struct MultiThreshold: ConversionMethod, Hashable {
    public let name: String
    public let summary: String
    public let citation: String
    public var coding: Coding
    public var direction: ThresholdLadder.Direction
    /// How many thresholds an octave holds: 1 where they double, more for finer ladders.
    public var stepsPerOctave = 1
    private var chosenLevels: Int?
    /// Thresholds per sign. As long as it is not set, 8 octaves of them, as in the papers, and 12 of a finer ladder, whose steps are
    /// smaller than what 8 octaves leave unsent.
    public var levels: Int {
        get { chosenLevels ?? (stepsPerOctave == 1 ? 8 : ThresholdLadder.levelsOfTwelveOctaves(stepsPerOctave: stepsPerOctave)) }
        set { chosenLevels = newValue }
    }
    /// By time-step, in units of a site's root mean square on calibration data: what is smaller is not sent. The last one holds on.
    public var deadZones: [Double] = []
    public var rounding: MultiThresholdNeuron.Rounding
    public var reset: Reset = .subtraction
    /// In units of the smallest positive threshold.
    public var initialPotential: Float = 0
    /// Which quantile of the calibrated activation thresholds are made from.
    public var quantile: Double
    /// What the quantile is multiplied with.
    public var scale: Float
    /// One threshold for both signs.
    public var symmetric: Bool
    /// T, where thresholds are those with the smallest squared error after T steps instead of the quantile's; 0 for these.
    public var optimalSteps = 0
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
    public var settings: [MethodSetting<MultiThreshold>] { Self.allSettings }

    private static let allSettings: [MethodSetting<MultiThreshold>] = [
        MethodSetting(choice: "coding", \.coding, "what neurons send, their activation or corrections of it"),
        MethodSetting(
            choice: "ladder", \.direction, "whether thresholds grow from the smallest (up) or fall from the largest (down)"),
        .stepsPerOctave(\.stepsPerOctave),
        MethodSetting(
            "levels", \.levels, in: 1...NeuronKernel.maximumLevels, symbol: "n",
            "thresholds per sign; where it is not set, 8, or 12 octaves of a finer ladder"),
        MethodSetting(
            "dead-zone", \.deadZones, symbol: "δ_t", unit: "root mean square of the site", range: "≥ 0 each, as in 0.1,0.03, or none",
            rule: "is a list of up to \(NeuronKernel.maximumDeadZones) numbers from 0 on, as in 0.1,0.03, or none",
            meaning: "by time-step what is too small to be sent, the last one for all further steps", when: \.isCalibrated,
            text: { $0.isEmpty ? "none" : $0.map { SettingValue.short("\($0)") }.joined(separator: ",") },
            parse: { text in
                if text == "none" { return [] }
                let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
                return numbers.contains(nil) ? nil : numbers.compactMap { $0 }
            },
            isAllowed: { $0.count <= NeuronKernel.maximumDeadZones && $0.allSatisfy { 0...1e6 ~= $0 } }),
        MethodSetting(
            choice: "rounding", \.rounding,
            "whether potentials are rounded down above the smallest threshold (half-base) or to the nearest threshold"),
        MethodSetting(choice: "reset", \.reset, "what a spike does to the membrane potential"),
        MethodSetting(
            "initial-potential", \.initialPotential, in: -0.5...0.5, symbol: "v(0)/λ_1", unit: "smallest positive threshold",
            "membrane potential at the start"),
        MethodSetting(
            "quantile", \.quantile, in: 0.5...1, symbol: "p", when: \.isCalibrated, "quantile of the activation that thresholds are made from"),
        MethodSetting(positive: "scale", \.scale, when: \.isCalibrated, "what calibrated quantiles are multiplied with"),
        MethodSetting(switch: "symmetric", \.symmetric, when: \.isCalibrated, "one threshold for both signs"),
        MethodSetting(
            "optimal-for", \.optimalSteps, in: 0...10_000, symbol: "T", unit: "time-steps", when: \.isCalibrated,
            "thresholds with the smallest squared error after so many time-steps, where they do better than quantiles; 0 for quantiles"),
        MethodSetting(switch: "spiking-head", \.spikingHead, "neurons before the classifier head too"),
    ]

    var isCalibrated: Bool { thresholds == nil }

    public var standing: Standing { Standing(.exact, "thresholds, estimates and spikes of the authors' program on a vision Transformer") }

    public var observers: [any Observer.Type] { isCalibrated ? [SiteStatistics.self] + (optimalSteps > 0 ? [SiteValues.self] : []) : [] }

    /// - Throws: ``ConversionError`` for settings outside their range or against each other.
    public func validate() throws {
        try checkSettings()
        guard deadZones.isEmpty || isCalibrated else { throw Self.deadZonesWithoutUnit }
        guard coding == .rate || reset == .subtraction else {
            throw ConversionError(.badSettings, "reset to zero has no meaning under differential coding")
        }
    }

    static let deadZonesWithoutUnit = ConversionError(
        .badSettings, "is in units of a site's root mean square, which explicit thresholds leave unknown", setting: "dead-zone")
}
