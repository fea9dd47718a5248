/// What a comparison measured: for every method that fits the network the figures at the time-steps asked for, and why the others do
/// not fit.
public struct ComparisonResults: Sendable, Hashable, Codable {
    /// The answer after `step` time-steps and what those steps cost together.
    public struct Step: Sendable, Hashable, Codable {
        public var step: Int
        public var top1: Double
        public var top1Interval: ConfidenceInterval
        /// The fraction of samples to which the trained network gives the same answer.
        public var agreement: Double
        /// Spikes per neuron and time-step, the mean over steps 1…t.
        public var firingRate: Double
        /// Accumulates per sample in steps 1…t.
        public var synapticOperations: Double
        /// The energy of steps 1…t as a multiple of the ANN's, with analog layers as multiply-accumulates.
        public var energy: Double
        /// The same with graded spikes priced as multiplications.
        public var strictEnergy: Double
    }

    /// What a method needed beside the trained network.
    public struct Needs: Sendable, Hashable, Codable {
        /// How many samples it was calibrated on; nil where it looked at none.
        public var calibrationSamples: Int?
        /// How often it went over them.
        public var calibrationRounds: Int
        /// How many of its neuron layers stand in the place of an activation that was trained with a bound.
        public var trainedBounds: Int
        /// Steps of a first run, which count as latency.
        public var probeSteps: Int
        /// Steps after which nothing more is fed; nil where the network is fed throughout.
        public var feedingSteps: Int?
    }

    /// Wall time on the machine that measured. Of a comparison that went on from kept progress, what was left to do.
    public struct Seconds: Sendable, Hashable, Codable {
        public var conversion: Double
        public var evaluation: Double
    }

    public struct Entry: Sendable, Hashable, Codable {
        public var label: String
        public var provenance: Provenance
        public var needs: Needs
        public var sites: Int
        /// What the energies assume of spikes.
        public var grades: SpikeGrades
        public var steps: [Step]
        public var seconds: Seconds
    }

    /// A method that does not fit the network.
    public struct Unfit: Sendable, Hashable, Codable {
        public var label: String
        public var method: String
        public var reason: String
    }

    public var version = volleyVersion
    public var model: String?
    /// The trained network's accuracy; nil where no method fits.
    public var ann: Double?
    public var annInterval: ConfidenceInterval?
    /// Multiply-accumulates of the trained network for one sample.
    public var annMultiplyAccumulates: Int?
    public var samples = 0
    public var skipped: [SkippedSample] = []
    public var steps: [Int]
    public var settings: Evaluation.Settings
    public var prices: EnergyPrices
    public var dataDigest: String?
    public var entries: [Entry] = []
    public var unfit: [Unfit] = []

    init(model: String?, steps: [Int], settings: Evaluation.Settings) {
        (self.model, self.steps, self.settings, prices) = (model, steps, settings, settings.prices)
    }

    /// Adds what was measured of one method; all of them saw the same samples.
    mutating func add(_ entry: Entry, _ results: Results) {
        entries.append(entry)
        ann = results.ann?.top1
        annInterval = ann.map { ConfidenceInterval(of: $0, samples: results.samples) }
        (samples, skipped, dataDigest) = (results.samples, results.skipped, results.digests.data)
        annMultiplyAccumulates = annMultiplyAccumulates ?? results.dense.multiplyAccumulates
        settings.output = results.settings.output
    }
}

extension ComparisonResults.Entry {
    init(label: String, results: Results, steps: [Int], needs: ComparisonResults.Needs, seconds: ComparisonResults.Seconds) {
        self.label = label
        provenance = results.provenance
        self.needs = needs
        sites = results.sites.count
        grades = results.grades
        self.steps = steps.map { step in
            let found = results.steps[step - 1]
            return ComparisonResults.Step(
                step: step, top1: found.top1!, top1Interval: ConfidenceInterval(of: found.top1!, samples: results.samples),
                agreement: found.agreement!, firingRate: found.firingRate, synapticOperations: found.synapticOperations,
                energy: found.energy.exact, strictEnergy: found.energy.strict)
        }
        self.seconds = seconds
    }
}
