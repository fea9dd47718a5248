internal import Foundation
public import VolleySpiking
internal import VolleyTensors

/// One to a few time-steps at a stated energy: differential coding on a fine ladder, and for every site and time-step a dead zone that is
/// chosen by the error that a spike saves at the output and the accumulates that it costs.
///
/// A site s with the values x and the dead zones δ_1 … δ_T sends corrections as semantics 3.1b has it. Its values, taken as
/// constant in time, say from their histogram which squared error E_s(δ) is left after T steps and how many events N_s(δ) it takes. Its
/// weight g_s is how much a squared error of this site alone changes the outputs, measured by sending it through the network, and its price
/// c_s how many accumulates an event is. Chosen are the dead zones for which `Σ g_s·E_s(δ) + μ·Σ c_s·N_s(δ)` is smallest, with the μ at which
/// the spiking network, run on calibration samples, keeps to the budget.
///
/// | symbol | setting | unit | default | range |
/// |---|---|---|---|---|
/// | T | `steps` | time-steps | 1 | 1…16 |
/// | | `energyBudget` | exact energy of the ANN | 0.16 + 0.08 (T − 1), and what analog layers cost over 0.03 | > 0 |
/// | m | `stepsPerOctave` | 1 | 8 | 1, 2, 4, 8 |
/// | n | `levels` | 1 | 12 m | 1…127 |
/// | | `samples` | samples | 32 | ≥ 1 |
/// | | `spikingHead` | | no | |
public struct FewStep: ConversionMethod, Hashable {
    public let name = "few-step"
    public let summary = "one to a few time-steps for a stated energy: fine ladders, and dead zones by error saved per accumulate"
    public let citation = "a method of this project, on differential coding: Huang et al., ICML 2025, arXiv 2503.00301"
    public let standing = Standing(.exact, "a method of this project, with nothing else to be held against")

    /// T: the time-step at which the error counts.
    public var steps = 1
    /// The exact energy after T steps, as a multiple of the ANN's; nil for what T suggests.
    public var energyBudget: Double?
    public var stepsPerOctave = 8
    private var chosenLevels: Int?
    /// Thresholds per sign; 12 octaves of them as long as it is not set.
    public var levels: Int {
        get { chosenLevels ?? ThresholdLadder.levelsOfTwelveOctaves(stepsPerOctave: stepsPerOctave) }
        set { chosenLevels = newValue }
    }
    /// How many samples weights and energies are measured on.
    public var samples = 32
    public var spikingHead = false

    public static let fewStep = FewStep()

    public init() {}

    /// What it may cost, as a multiple of the ANN: a spike for every input of every layer is 0.196.
    /// - Parameter analogEnergy: what the layers cost that see analog values; beyond 0.03 it is not taken out of what T suggests.
    func budget(beside analogEnergy: Double) -> Double { energyBudget ?? Self.suggestedBudget(steps: steps) + max(0, analogEnergy - 0.03) }

    /// What T steps may cost where nothing is said and analog layers cost 0.03 at most, as a multiple of the ANN.
    public static func suggestedBudget(steps: Int) -> Double { 0.16 + 0.08 * Double(steps - 1) }

    public var settings: [MethodSetting<FewStep>] { Self.allSettings }

    private static let allSettings: [MethodSetting<FewStep>] = [
        MethodSetting(
            "steps", \.steps, in: 1...NeuronKernel.maximumDeadZones, symbol: "T", unit: "time-steps", "the time-step whose answers count"),
        MethodSetting(
            "energy-budget", \.energyBudget, unit: "ANN's exact energy", range: "> 0, or by-steps", rule: "is a number above 0, or by-steps",
            meaning:
                "what all T steps may cost; by-steps is 0.16 for the first one and 0.08 for each further one, more where analog layers cost over 0.03",
            text: { $0.map { SettingValue.short("\($0)") } ?? "by-steps" },
            parse: { $0 == "by-steps" ? .some(nil) : Double($0).map { $0 } }, isAllowed: { $0.map { $0 > 0 && $0.isFinite } ?? true }),
        .stepsPerOctave(\.stepsPerOctave),
        MethodSetting(
            "levels", \.levels, in: 1...NeuronKernel.maximumLevels, symbol: "n", "thresholds per sign; where it is not set, 12 octaves"),
        MethodSetting("samples", \.samples, in: 1...1_000_000, unit: "samples", "calibration samples that weights and energies are measured on"),
        MethodSetting(switch: "spiking-head", \.spikingHead, "neurons before the classifier head too"),
    ]

    public var observers: [any Observer.Type] { [SiteValues.self] }

    public var requirements: [NetworkRequirement] {
        var places = MultiThreshold.differential
        places.spikingHead = spikingHead
        return places.requirements
    }
}
