internal import OrderedCollections
public import VolleySpiking
internal import VolleyTensors

/// Spiking neurons in the place of activation functions, under rate coding: the family of all methods but those of multi-threshold
/// neurons. Its members are recipes, stated values for everything that it leaves open; each stands in a file of its own.
///
/// All members use weighted spikes: weights stay as they are, a neuron of bound λ has the threshold λ and sends spikes worth λ. That is
/// the network of normalised weights `W·λ_in/λ_out`, `b/λ_out` with thresholds 1, and the one of unit spikes with thresholds
/// `λ_out/λ_in`: potentials are divided by λ_out or by λ_in, and the same spikes are sent.
public struct RateConversion: ConversionMethod, Hashable {
    public let name: String
    public let summary: String
    public let citation: String
    public let standing: Standing
    /// Which of the family's settings the member has.
    let open: [String]

    public var neuron: Neuron
    public var reset: Reset = .subtraction
    /// In units of the threshold.
    public var initialPotential: Float = 0
    /// Whether neurons fire above their threshold only, and whether they look at the potential that the step before left.
    public var isStrict = false
    public var isLate = false

    /// Where λ comes from.
    public var bound: Bound
    /// Which activations a network has that was trained for the method.
    var trainedKinds: [TrainedKind] = [.clip]
    /// The same, where a network was not trained for the method.
    public var fallback: Bound = .percentile
    /// p, its rule, and what activations are cut off at while they are observed; 0 for nothing.
    public var percentile = 99.9
    public var countsZeros = false
    public var interpolates = true
    public var ceiling: Float = 0
    /// What bounds are multiplied with, and whether later layers see it while they are calibrated.
    public var factor: Float = 1
    public var factorFirst = false
    /// Steps for which currents are observed, and for which squared errors are.
    public var calibrationSteps = 1000
    public var errorSteps = 32
    /// Significant bits that thresholds are rounded up to; 0 for all.
    public var thresholdBits = 0

    public var input: InputCoding = .analog
    public var inputGain: Float = 1
    public var seed = 1
    public var pooling: PlaceActivationNeurons.MaximumRule = .lateralInhibition
    public var poolNeurons = false
    public var readout: Readout = .mean

    /// What only some neurons have: the most spikes of a burst; steps of a probe; bits, whether spikes are taken back and below which
    /// potential; leak and floor; the numbers of adaptive thresholds; the steps of graded spikes.
    public var most = 5
    public var probe = 4
    public var bits = 4
    public var retracts = true
    public var retractBelow: Float = 0
    public var manualThreshold: Float = 1
    public var leak: Float = 0
    public var floor: Float = 0
    public var adaptation = Adaptation()
    public var gradedStep: Float = 0.05
    public var gradedCount = 20

    /// Whether it is as the paper has it, or as its program does.
    public var form: Form = .paper
    /// Whether networks are taken that the paper excludes.
    public var isBeyondPaper = false
    /// Explicit bounds by site, `[λ]` or `[λ, what a spike is worth]`, instead of those above.
    public var thresholds: [String: [Double]]?

    public enum Neuron: String, Sendable, Hashable {
        case integrateAndFire, leaky, burst, memory, retracting, symmetric, masked, adaptive, graded
    }

    public enum Bound: String, Sendable, Hashable, CaseIterable {
        /// Of the trained activation.
        case trained
        case maximum, percentile
        /// What makes the squared error of T quantised steps smallest.
        case error
        /// The maximum of every neuron.
        case neuronMaximum = "neuron-maximum"
        /// The largest current that arrives at a layer while those before it spike.
        case currents
        /// The largest sum of positive weights, no data needed.
        case weights
        /// The larger one of the largest weight and the largest activation.
        case weightsAndMaximum = "weights-and-maximum"
        /// Stated by hand.
        case manual
    }

    enum TrainedKind: Sendable, Hashable, CaseIterable { case clip, symmetric, steps, slip, graded }

    public enum InputCoding: String, Sendable, Hashable, CaseIterable { case analog, poisson, bernoulli }
    public enum Readout: String, Sendable, Hashable, CaseIterable { case mean, spikes }
    public enum Form: String, Sendable, Hashable, CaseIterable { case paper, program }

    public struct Adaptation: Sendable, Hashable {
        public var shape: Float = 1
        public var rate: Float = 0.15
        public var gain: Float = 1
        public var speed: Float = 0.01
        public init() {}
    }

    /// A recipe: what the family leaves open, stated.
    /// - Parameters:
    ///   - name: what lists, files and results call it.
    ///   - summary: what it does, in one line.
    ///   - citation: where it is from.
    ///   - standing: what it was held against.
    ///   - neuron: which neurons take the places of activations.
    ///   - bound: where λ comes from.
    ///   - open: the names of the family's settings that users may set; others are as the recipe has them.
    ///   - change: sets what is not as in the family's plain network: integrate-and-fire neurons, analog input, the mean of what arrives as
    ///     output.
    public init(
        _ name: String, _ summary: String, citation: String, standing: Standing, neuron: Neuron, bound: Bound, open: [String] = [],
        _ change: (inout RateConversion) -> Void = { _ in }
    ) {
        self.name = name
        self.summary = summary
        self.citation = citation
        self.standing = standing
        self.neuron = neuron
        self.bound = bound
        self.open = open
        change(&self)
    }
}
