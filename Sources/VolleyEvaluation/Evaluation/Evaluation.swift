internal import OrderedCollections
internal import VolleyFormats
internal import VolleyGraph
public import VolleySimulation
public import VolleySpiking
public import VolleyTensors

/// Measures a spiking network on labelled data, beside the ANN that it was made from.
public struct Evaluation: Sendable {
    /// Everything that a result depends on beside the network and the data.
    public struct Settings: Sendable, Hashable, Codable {
        public var timeSteps: Int
        /// Batch size and threads decide how fast the result comes and how much memory that takes; the result does not depend on them and
        /// does not hold them.
        public var batchSize = 32
        public var threads = 1
        /// On how many of the first samples to look inside the network, see ``Results/Detail``; 0 for none.
        public var detail = 0
        /// At most this many samples.
        public var limit: Int?
        /// Whether samples that cannot be read are left out and listed instead of ending the run.
        public var skipBad: Bool
        /// What the data is called in the results.
        public var data: String?
        /// How the weights of layers behind neurons are held.
        public var weights: WeightFormat
        /// The output that holds the classes; nil where only one can, see ``ClassifierOutput``.
        public var output: String?
        /// Whether the ANN answers too. Otherwise the results hold nothing that is relative to its answers.
        public var comparesWithANN = true
        /// Softmax margins at which a sample stops, ascending within 0…1, 0 itself left out: each is measured. nil runs all time-steps.
        public var earlyExit: [Double]?
        /// What counted operations cost. Sums do not depend on it; results hold it beside the settings.
        public var prices = EnergyPrices.arithmetic

        private enum CodingKeys: CodingKey { case timeSteps, limit, skipBad, data, weights, output, comparesWithANN, earlyExit }

        public init(
            timeSteps: Int, batchSize: Int = 32, threads: Int = 1, limit: Int? = nil, skipBad: Bool = false, data: String? = nil,
            weights: WeightFormat = .fp32, output: String? = nil, comparesWithANN: Bool = true,
            earlyExit: [Double]? = nil, prices: EnergyPrices = .arithmetic, detail: Int = 0
        ) {
            self.timeSteps = timeSteps
            self.batchSize = batchSize
            self.threads = threads
            self.limit = limit
            self.skipBad = skipBad
            self.data = data
            self.weights = weights
            self.output = output
            self.comparesWithANN = comparesWithANN
            self.earlyExit = earlyExit
            self.prices = prices
            self.detail = detail
        }
    }

    let network: SpikingNetwork
    let dataset: Dataset
    private(set) var settings: Settings
    let simulator: any Simulator
    let input: Node
    let output: String
    private let classes: Int
    private let labels: ClassLabels

    /// - Throws: `SpikingError` and ``EvaluationError`` for settings, a network or data that cannot be measured.
    public init(_ network: SpikingNetwork, on dataset: Dataset, settings: Settings, kernels: Kernels = .best) throws {
        let program = try Program(network, timeSteps: settings.timeSteps, weights: settings.weights, kernels: kernels)
        try self.init(ParallelSimulator(program, threads: settings.threads), on: dataset, settings: settings)
    }

    /// Measures what a simulator does with its network.
    /// - Parameter settings: their time-steps and weights are the simulator's, whatever they say.
    /// - Throws: `SpikingError` and ``EvaluationError`` for settings, a network or data that cannot be measured.
    public init(_ simulator: any Simulator, on dataset: Dataset, settings: Settings) throws {
        guard settings.batchSize >= 1, settings.threads >= 1 else {
            throw SpikingError(.badSettings, "the batch size and the number of threads must be at least 1")
        }
        try Self.checkMargins(settings.earlyExit)
        guard settings.detail >= 0 else { throw SpikingError(.badSettings, "details need a number of samples, or 0 for none") }
        guard settings.limit ?? 1 >= 1 else { throw SpikingError(.badSettings, "the limit must be at least 1 sample") }
        self.simulator = simulator
        network = simulator.network
        self.dataset = settings.limit.map { dataset.prefix($0) } ?? dataset
        self.settings = settings
        self.settings.timeSteps = simulator.timeSteps
        self.settings.weights = simulator.rounding?.format ?? .fp32
        let graph = network.graph
        guard graph.inputs.count == 1 else {
            let names = graph.inputs.map { graph[$0].name }.joined(separator: ", ")
            throw SpikingError(
                .badSettings,
                "only classifiers with one input can be evaluated, and this network has \(graph.inputs.count): "
                    + "\(names); use \(Remedy(.session)) for it", remedies: [Remedy(.session)])
        }
        input = graph[graph.inputs[0]]
        let classifier = try ClassifierOutput(of: graph, named: settings.output)
        (output, classes) = (classifier.name, classifier.classes)
        self.settings.output = classifier.name
        if case .together(let id) = simulator.batching.rule {
            throw SpikingError(
                .badSettings,
                "node '\(graph[id].name)' relates the samples of a batch to each other, so an answer would depend on "
                    + "what else is in its batch; use \(Remedy(.session)) for batches of your choice", remedies: [Remedy(.session)])
        }
        if settings.earlyExit != nil { try simulator.requireSingleSamples() }
        guard self.dataset.count > 0 else {
            throw EvaluationError(.malformedDataset, "there are no samples", context: .init(file: dataset.path))
        }
        let fixed = simulator.batching.samplesPerRun
        guard self.dataset.count % fixed == 0 else {
            let limit = Remedy(.sampleLimit)
            throw SpikingError(.badSettings, Batching.remainder(of: self.dataset.count, fixed) + " (\(limit))", remedies: [limit])
        }
        labels = try self.dataset.labels(for: ClassList(count: classifier.classes, names: network.classNames))
    }

    /// The shape of the network's input for one sample.
    var inputShape: Shape { Shape(Array(input.shape.perSample.dimensions.dropFirst())) }

    /// What a careful user wants to know of how the network runs here.
    public var diagnostics: [Diagnostic] {
        simulator.diagnostics + labels.diagnostics
            + dataset.feedingNotes(inputShape: inputShape, preprocessing: network.preprocessing)
    }

    /// Runs the whole data set.
    /// - Parameters:
    ///   - networkDigest: SHA-256 of the network's file, for the record.
    ///   - ann: what answers for the ANN, shared with other evaluations on the same data; nil for the network's own.
    ///   - resumeFile: where progress is kept after every batch and continued from. It is left there: remove it once the
    ///     results are safe.
    ///   - progress: called after every batch with the samples done and in all.
    /// - Throws: the first error of data, network or file.
    public func run(
        networkDigest: String? = nil, ann: ANNAnswers? = nil, resumeFile: String? = nil,
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> Results {
        let dataDigest = try dataset.digest(
            labels: labels.indices, skipsUnreadable: settings.skipBad, threads: settings.threads
        ).hexadecimal
        let journal = try resumeFile.map {
            try Journal(path: $0, of: Journal.Subject(settings: settings, network: networkDigest, data: dataDigest))
        }
        let empty = emptyTally
        var tally = journal?.tally ?? empty
        guard tally.isPossible(beside: empty, among: dataset.count, sites: sites) else {
            throw EvaluationError(
                .malformedProgress, "This progress was altered: it holds sums that no evaluation of these samples has.",
                context: .init(file: resumeFile))
        }
        let comparison = try settings.comparesWithANN ? simulator.rounding.map { try WeightComparison(simulator.ann, $0) } : nil
        let loader = try BatchLoader(
            dataset, preprocessing: network.preprocessing, inputShape: inputShape,
            batchSize: simulator.batching.size(near: settings.batchSize), threads: settings.threads,
            skipsUnreadable: settings.skipBad,
            startingAt: tally.position)
        try progress(tally.position, dataset.count)
        while let batch = try loader.next() {
            try measure(batch, comparison, ann, &tally)
            try journal?.write(tally)
            try progress(tally.position, dataset.count)
        }
        guard tally.samples > 0 else {
            throw EvaluationError(
                .malformedDataset, "none of the \(dataset.count) samples could be read", context: .init(file: dataset.path))
        }
        let detail = settings.detail > 0 ? try DetailRun(self).run() : nil
        return results(tally, Results.Digests(network: networkDigest, data: dataDigest), detail)
    }

    private var emptyTally: Tally {
        let compares = settings.comparesWithANN
        guard let margins = settings.earlyExit else {
            return Tally(timeSteps: settings.timeSteps, classes: classes, comparesWithANN: compares)
        }
        return Tally(timeSteps: settings.timeSteps, margins: margins, classes: classes, comparesWithANN: compares)
    }

    /// By name the neurons and codes of every site.
    private var sites: [String: (neurons: Int, codes: Int)] {
        var sites: [String: (neurons: Int, codes: Int)] = [:]
        for node in network.graph.nodes {
            guard let layer = network.neurons[node.name] else { continue }
            sites[node.name] = (node.shape.perSample.count, layer.alphabet.codes.count)
        }
        return sites
    }

    /// How many samples, from the first one on, show what rounding the weights changes: 32, or as many more as fill whole runs of the
    /// network.
    private var comparedSamples: Int {
        let run = simulator.batching.samplesPerRun
        return (32 + run - 1) / run * run
    }

    private func measure(
        _ batch: Batch, _ comparison: WeightComparison?, _ ann: ANNAnswers?, _ tally: inout Tally
    ) throws {
        guard !batch.samples.isEmpty else { return tally.add(batch) }
        let inputs = [input.name: batch.inputs]
        var logits: Tensor?
        let spiking: Answers
        do {
            if settings.comparesWithANN {
                logits = try ann?.logits(of: batch.samples, inputs, output: output) ?? simulator.annAnswers(inputs)[output]!
            }
            spiking = try answers(inputs)
        } catch var failure as NonFiniteOutput {
            failure.sampleName = failure.sample.map { dataset.sampleName(batch.samples[$0]) }
            throw failure
        }
        let count = batch.samples.count
        try comparison?.add(
            0..<max(0, min(count, comparedSamples - tally.samples)), of: inputs, to: &tally.weightDistances)
        let classes = batch.samples.map { labels.indices[$0] }
        switch spiking {
        case .whole(let result): tally.add(classes, annLogits: logits, result: result, output: output)
        case .stopped(let runs, let margins): tally.add(classes, annLogits: logits, runs: runs, output: output, thresholds: margins)
        }
        tally.add(batch)
    }
    private enum Answers {
        /// Of all time-steps.
        case whole(SimulationResult)
        /// Of each sample, up to where it reached the last of the margins.
        case stopped([StoppedRun], margins: [Double])
    }

    private func answers(_ inputs: [String: Tensor]) throws -> Answers {
        guard let margins = settings.earlyExit, let last = margins.last else { return .whole(try simulator.spikingAnswers(inputs)) }
        let runs = try simulator.spikingAnswers(inputs) { [output] _, estimates in
            SoftmaxMargin.margin(of: estimates[output]!.values) >= last
        }
        return .stopped(runs, margins: margins)
    }

    private static func checkMargins(_ margins: [Double]?) throws {
        guard let margins else { return }
        guard !margins.isEmpty, margins.allSatisfy({ $0 > 0 && $0 <= 1 }), zip(margins, margins.dropFirst()).allSatisfy(<) else {
            throw SpikingError(.badSettings, "margins for early exit ascend, above 0 and up to 1; found \(margins)")
        }
    }
}
