public import VolleySimulation
public import VolleySpiking

/// What an evaluation measured: the ANN and the spiking network side by side, after every time-step.
public struct Results: Sendable, Hashable, Codable {
    /// Fractions of the samples, or of the positions that count, 0…1.
    public struct Accuracy: Sendable, Hashable, Codable {
        public var top1: Double
        public var top5: Double
    }

    /// The answer after `step` time-steps and what those steps cost together.
    public struct Step: Sendable, Hashable, Codable {
        public var step: Int
        /// Of a classification, nil for other tasks.
        public var top1: Double?
        /// nil in files from before it was kept, and for positions, which are not independent of each other.
        public var top1Interval: ConfidenceInterval?
        /// Of a classification, nil for other tasks.
        public var top5: Double?
        /// The fraction of samples to which the ANN gives the same answer; nil where it was left out.
        public var agreement: Double?
        /// By key, what tasks other than classification say, see ``Evaluation/Task/figures``; what is no number is missing.
        public var figures: [String: Double]?
        /// Spikes per neuron and time-step, the mean over steps 1…t.
        public var firingRate: Double
        /// Accumulates per sample in steps 1…t.
        public var synapticOperations: Double
        /// The energy of steps 1…t as a multiple of the ANN's.
        public var energy: EnergyRatios
        /// What was counted in this step alone, summed over all samples.
        public var counts: OperationCounts
    }

    /// What it takes to stop each sample at the first time-step whose softmax margin reaches `margin`, and at the last one otherwise: the
    /// answer there, and what the steps up to there cost. Samples run one by one.
    public struct Exit: Sendable, Hashable, Codable {
        /// The largest softmax probability less the second largest from which on a sample stops.
        public var margin: Double
        /// The time-step of the stop, the mean over all samples.
        public var meanSteps: Double
        /// By time-step, the fraction of samples that stop there; at the last one also those that never reach the margin.
        public var stops: [Double]
        /// The fraction of samples that reach the margin.
        public var reached: Double
        public var top1: Double
        public var top1Interval: ConfidenceInterval
        public var top5: Double
        /// The fraction of samples to which the ANN gives the same answer; nil where it was left out.
        public var agreement: Double?
        /// Spikes per neuron and time-step that was run.
        public var firingRate: Double
        /// Accumulates per sample up to its stop.
        public var synapticOperations: Double
        /// The energy of all samples up to their stops as a multiple of the ANN's.
        public var energy: EnergyRatios
        /// What was counted up to the stops, summed over all samples.
        public var counts: OperationCounts
        /// Wall time of one thread from a sample's input to its answer, the mean over all samples, on the machine that measured.
        public var millisecondsPerSample: Double
    }

    public struct Site: Sendable, Hashable, Codable {
        public var name: String
        /// Neurons for one sample.
        public var neurons: Int
        /// The codes that its neurons send; of a ladder 1 … n, the positive levels from the smallest on, and −1 … −n.
        public var codes: [Int8]
        /// What each of them is worth, in units of the activation: of a ladder the thresholds.
        public var thresholds: [Float]
        /// By step and code, in the order of `codes`, summed over all samples; empty where samples stop early.
        public var spikesPerLevel: [[Int64]]
        /// Spikes per neuron in each step alone; a burst of k counts k. nil in files from before it was kept.
        public var firingRates: [Double]?
    }

    /// How the output was read, where that is not one class for every sample.
    public struct Reading: Sendable, Hashable, Codable {
        /// Of one sample's part of the output.
        public var shape: [Int]
        /// How many samples, positions or tokens the figures are means over.
        public var counted: Int
        /// In sentences.
        public var notes: [String]
    }

    public struct Digests: Sendable, Hashable, Codable {
        /// SHA-256 of the network's file.
        public var network: String?
        /// SHA-256 over the samples' digests and labels.
        public var data: String
    }

    public var version: String
    /// nil where the ANN was left out, and for tasks other than classification.
    public var ann: Accuracy?
    /// Of the ANN's top1; nil where it was left out, and in files from before it was kept.
    public var annTop1Interval: ConfidenceInterval?
    /// By key, what tasks other than classification say of the ANN; nil where it was left out, or nothing is said of it alone.
    public var annFigures: [String: Double]?
    /// nil for one class for every sample.
    public var reading: Reading?
    /// Empty where samples stop early: then no other time-steps are run.
    public var steps: [Step]
    /// By margin; nil where all time-steps are run.
    public var exits: [Exit]?
    public var sites: [Site]
    public var samples: Int
    public var skipped: [SkippedSample]
    public var settings: Evaluation.Settings
    public var provenance: Provenance
    public var prices: EnergyPrices
    /// What the energies assume of spikes.
    public var grades: SpikeGrades
    /// What the ANN costs for one sample.
    public var dense: DenseCosts
    /// Kinds of operator that stay in floating point: their values are not spikes.
    public var floatingPointOperators: [String]
    /// How often each of them stands in the network, and what it computes; nil in files from before it was kept.
    public var floatingPoint: [FloatingPoint]?
    /// Which class was taken for which; nil in files from before it was kept.
    public var confusion: Confusion?
    /// What happens inside, on a few samples; nil where it was not asked for.
    public var detail: Detail?
    public var digests: Digests
    /// What rounding the weights did, measured on the first 32 samples; nil for fp32.
    public var weightError: WeightError?
    /// What each figure is, by the path of its key: whether it is of one step or of all up to it, and its unit.
    public var quantities: [String: Quantity]?
}

extension Results {
    /// What was measured.
    public var task: Evaluation.Task { settings.task ?? .classification }
    /// Whether the ANN answered too.
    public var comparesWithANN: Bool { settings.comparesWithANN }

    /// A figure of the ANN, or where it would stand; nil where it was left out.
    public func annValue(of figure: Evaluation.Figure) -> Double? {
        guard comparesWithANN else { return nil }
        if let ideal = figure.ideal { return ideal }
        return switch figure {
        case .top1: ann?.top1
        case .top5: ann?.top5
        default: annFigures?[figure.key]
        }
    }
}

extension Results.Step {
    /// A figure of the task; nil where it is no number or there is none.
    public func value(of figure: Evaluation.Figure) -> Double? {
        if let figures { return figures[figure.key] }
        return switch figure {
        case .top1: top1
        case .top5: top5
        case .agreement: agreement
        default: nil
        }
    }
}
