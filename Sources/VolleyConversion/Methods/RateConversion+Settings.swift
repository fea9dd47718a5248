internal import VolleySpiking

/// What can be set about a member of the family, and which of it fits which.
extension RateConversion {
    public var settings: [MethodSetting<RateConversion>] { Self.all.filter { open.contains($0.name) } }

    /// The settings of the whole family, in the order of lists.
    private static let all: [MethodSetting<RateConversion>] = [
        MethodSetting(choice: "bound", \.bound, "where bounds λ come from, the activations that the largest rate stands for"),
        MethodSetting(choice: "fallback", \.fallback, when: { $0.bound == .trained }, "the same, where activations have no trained bound"),
        MethodSetting("percentile", \.percentile, in: 50...100, symbol: "p", unit: "%", when: \.usesPercentile, "percentile of the activation"),
        MethodSetting(switch: "zeros", \.countsZeros, when: \.usesPercentile, "percentiles count values that are 0"),
        MethodSetting(switch: "interpolate", \.interpolates, when: \.usesPercentile, "percentiles lie between two values"),
        MethodSetting(
            "ceiling", \.ceiling, in: 0...1e6, unit: "activation", "what activations are cut off at while they are observed; 0 for nothing"),
        MethodSetting(positive: "factor", \.factor, symbol: "α", "what bounds are multiplied with"),
        MethodSetting(switch: "factor-first", \.factorFirst, "a bound is multiplied before the next layer's currents are observed"),
        MethodSetting("calibration-steps", \.calibrationSteps, in: 1...1_000_000, unit: "time-steps", "for how long currents are observed"),
        MethodSetting("error-steps", \.errorSteps, in: 1...1_000_000, symbol: "T", unit: "time-steps", "steps that the squared error is of"),
        MethodSetting("threshold-bits", \.thresholdBits, in: 0...23, unit: "bits", "significant bits that thresholds are rounded up to; 0 for all"),
        MethodSetting(choice: "reset", \.reset, "what a spike does to the membrane potential"),
        MethodSetting(
            "initial-potential", \.initialPotential, in: -0.999...0.999, symbol: "v(0)/θ", unit: "threshold", "membrane potential at the start"),
        MethodSetting(switch: "above-threshold", \.isStrict, "neurons fire above their threshold only, not at it"),
        MethodSetting(switch: "late", \.isLate, "neurons look at the potential of the step before"),
        MethodSetting(choice: "input-coding", \.input, "how inputs are fed, as they are or as random spikes"),
        MethodSetting(
            "input-gain", \.inputGain, in: 1e-6...1e6, symbol: "c", when: { $0.input != .analog }, "spikes per time-step of an input of 1"),
        MethodSetting("seed", \.seed, in: 0...Int.max / 2, when: { $0.input != .analog }, "seed of random spikes"),
        MethodSetting(choice: "pooling", \.pooling, "what becomes of a maximum pool"),
        MethodSetting(switch: "pool-neurons", \.poolNeurons, "neurons behind every pool"),
        MethodSetting(choice: "readout", \.readout, "whether outputs are means of what arrives, or of the spikes of output neurons"),
        MethodSetting("most", \.most, in: 1...127, symbol: "Γ", unit: "spikes per time-step", "most spikes of a burst"),
        MethodSetting("probe", \.probe, in: 1...100_000, symbol: "τ", unit: "time-steps", "steps of the first run, which count as latency"),
        MethodSetting("bits", \.bits, in: 1...12, symbol: "b", unit: "bits", "bits of activations that were not trained with some"),
        MethodSetting(switch: "retract", \.retracts, "negative spikes take back what was sent too much"),
        MethodSetting(
            "retract-below", \.retractBelow, in: 0...1e6, unit: "activation", when: \.retracts, "how far below 0 a potential has to be for that"),
        MethodSetting(positive: "threshold", \.manualThreshold, symbol: "θ", unit: "spike that arrives", "threshold of every layer"),
        MethodSetting("leak", \.leak, in: -1...1, symbol: "L", unit: "threshold", "what a potential gains at every time-step"),
        MethodSetting("floor", \.floor, in: -1e6...0, symbol: "v_min", unit: "threshold", "what a potential does not fall below"),
        MethodSetting(positive: "shape", \.adaptation.shape, symbol: "m", "shape of the density of rates that is aimed at"),
        MethodSetting(positive: "rate", \.adaptation.rate, symbol: "λ", unit: "spikes per time-step", "rate that is aimed at"),
        MethodSetting(positive: "gain", \.adaptation.gain, symbol: "σ", "what a running rate is multiplied with"),
        MethodSetting("speed", \.adaptation.speed, in: 0...1, symbol: "η", "how fast thresholds adapt"),
        MethodSetting(positive: "graded-step", \.gradedStep, unit: "activation", "step of activations that were not trained with one"),
        MethodSetting("graded-count", \.gradedCount, in: 1...100_000, "how many steps there are"),
        MethodSetting(choice: "form", \.form, "as the paper has it, or as its published program does"),
        MethodSetting(switch: "beyond-paper", \.isBeyondPaper, "take networks with biases, which the paper excludes"),
    ]

    private var usesPercentile: Bool { bound == .percentile || bound == .trained && fallback == .percentile }

    /// - Throws: ``ConversionError`` for settings outside their range, and for those that make no sense together, with the reason.
    public func validate() throws {
        try checkSettings()
        func refuse(_ message: String) -> ConversionError { ConversionError(.badSettings, message) }
        if reset == .zero, initialPotential != 0 {
            throw refuse(
                "reset to zero and an initial potential do not go together: the initial potential centres the error of what resets by "
                    + "subtraction, and the first reset to zero clears it")
        }
        if reset == .zero, ![.integrateAndFire, .leaky].contains(neuron) {
            throw refuse("reset to zero is for plain neurons: those of '\(name)' count what subtraction leaves")
        }
        if input != .analog, initialPotential != 0 {
            throw refuse("random input spikes and an initial potential do not go together: it centres the error of a constant current")
        }
        if factor != 1, usesPercentile {
            throw refuse("a percentile and a factor both lower the same bound; use one of them, so that results can be compared")
        }
        if neuron == .symmetric, initialPotential != 0 {
            throw refuse("symmetric thresholds have no bias that an initial potential could take away; it would make one")
        }
        if neuron == .symmetric, [.lateralInhibition, .gated, .gatedLargest].contains(pooling) {
            throw refuse("'\(pooling.rawValue)' pools take what was sent for positive, and symmetric neurons send both signs")
        }
        if fallback == .trained || bound == .trained && fallback == .currents {
            throw refuse("the fallback is for activations without a trained bound: maximum, percentile, error or neuron-maximum")
        }
        if readout == .spikes, neuron == .masked {
            throw refuse("the output has no mask in this method, so it sends no spikes: readout mean")
        }
    }
}
