internal import OrderedCollections
internal import VolleyFormats
internal import VolleyGraph
public import VolleySimulation
public import VolleySpiking
public import VolleyTensors

/// Measures a spiking network, beside the ANN that it was made from: what its output is read as says the ``Task``.
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
        /// The output that is read; nil where only one can be.
        public var output: String?
        /// What it is read as; nil for one class for every sample, see ``ClassifierOutput``.
        public var task: Task?
        /// Whether the ANN answers too. Otherwise the results hold nothing that is relative to its answers.
        public var comparesWithANN = true
        /// Softmax margins at which a sample stops, ascending within 0…1, 0 itself left out: each is measured. nil runs all time-steps.
        public var earlyExit: [Double]?
        /// What counted operations cost. Sums do not depend on it; results hold it beside the settings.
        public var prices = EnergyPrices.arithmetic

        private enum CodingKeys: CodingKey { case timeSteps, limit, skipBad, data, weights, output, task, comparesWithANN, earlyExit }

        public init(
            timeSteps: Int, batchSize: Int = 32, threads: Int = 1, limit: Int? = nil, skipBad: Bool = false, data: String? = nil,
            weights: WeightFormat = .fp32, output: String? = nil, comparesWithANN: Bool = true,
            earlyExit: [Double]? = nil, prices: EnergyPrices = .arithmetic, detail: Int = 0, task: Task? = nil
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
            self.task = task
        }
    }

    let network: SpikingNetwork
    let data: EvaluationData
    private(set) var settings: Settings
    let simulator: any Simulator
    let reading: TaskReading

    /// - Throws: `SpikingError` and ``EvaluationError`` for settings, a network or data that cannot be measured.
    public init(_ network: SpikingNetwork, on dataset: Dataset, settings: Settings, kernels: Kernels = .best) throws {
        try self.init(network, on: EvaluationData(dataset), settings: settings, kernels: kernels)
    }

    /// - Throws: `SpikingError` and ``EvaluationError`` for settings, a network or data that cannot be measured.
    public init(_ network: SpikingNetwork, on data: EvaluationData, settings: Settings, kernels: Kernels = .best) throws {
        let program = try Program(network, timeSteps: settings.timeSteps, weights: settings.weights, kernels: kernels)
        try self.init(ParallelSimulator(program, threads: settings.threads), on: data, settings: settings)
    }

    /// Measures what a simulator does with its network.
    /// - Parameter settings: their time-steps and weights are the simulator's, whatever they say.
    /// - Throws: `SpikingError` and ``EvaluationError`` for settings, a network or data that cannot be measured.
    public init(_ simulator: any Simulator, on dataset: Dataset, settings: Settings) throws {
        try self.init(simulator, on: EvaluationData(dataset), settings: settings)
    }

    /// Measures what a simulator does with its network.
    /// - Parameter settings: their time-steps and weights are the simulator's, whatever they say.
    /// - Throws: `SpikingError` and ``EvaluationError`` for settings, a network or data that cannot be measured.
    public init(_ simulator: any Simulator, on data: EvaluationData, settings: Settings) throws {
        try Self.check(settings)
        self.simulator = simulator
        network = simulator.network
        self.data = settings.limit.map { data.prefix($0) } ?? data
        self.settings = settings
        self.settings.timeSteps = simulator.timeSteps
        self.settings.weights = simulator.rounding?.format ?? .fp32
        let graph = network.graph
        if graph.inputs.count != 1, case .dataset = data.source {
            let names = graph.inputs.map { graph[$0].name }.joined(separator: ", ")
            throw SpikingError(
                .badSettings,
                "this network has \(graph.inputs.count) inputs, \(names), and a data set has samples for one: "
                    + "give an evaluation an .npz file with an array for each")
        }
        if case .together(let id) = simulator.batching.rule {
            throw SpikingError(
                .badSettings,
                "node '\(graph[id].name)' relates the samples of a batch to each other, so an answer would depend on "
                    + "what else is in its batch; use \(Remedy(.session)) for batches of your choice", remedies: [Remedy(.session)])
        }
        if settings.earlyExit != nil { try simulator.requireSingleSamples() }
        guard self.data.count > 0 else {
            throw EvaluationError(.malformedDataset, "there are no samples", context: .init(file: data.path))
        }
        let fixed = simulator.batching.samplesPerRun
        guard self.data.count % fixed == 0 else {
            let limit = Remedy(.sampleLimit)
            throw SpikingError(.badSettings, Batching.remainder(of: self.data.count, fixed) + " (\(limit))", remedies: [limit])
        }
        reading = try TaskReading(settings.task, of: network, on: self.data, output: settings.output)
        (self.settings.output, self.settings.task) = (reading.output.name, reading.task)
        try checkTask()
    }

    private static func check(_ settings: Settings) throws {
        guard settings.batchSize >= 1, settings.threads >= 1 else {
            throw SpikingError(.badSettings, "the batch size and the number of threads must be at least 1")
        }
        guard settings.detail >= 0 else { throw SpikingError(.badSettings, "details need a number of samples, or 0 for none") }
        guard settings.limit ?? 1 >= 1 else { throw SpikingError(.badSettings, "the limit must be at least 1 sample") }
        guard let margins = settings.earlyExit else { return }
        guard !margins.isEmpty, margins.allSatisfy({ $0 > 0 && $0 <= 1 }), zip(margins, margins.dropFirst()).allSatisfy(<) else {
            throw SpikingError(.badSettings, "margins for early exit ascend, above 0 and up to 1; found \(margins)")
        }
    }

    /// What only some tasks can do.
    private func checkTask() throws {
        let task = reading.task
        if settings.earlyExit != nil, reading.classes == nil {
            throw SpikingError(
                .badSettings,
                "samples stop early where they have a class each, and the task is '\(task.rawValue)' on \(reading.output.name): leave early exit out")
        }
        if task.needsANN, !settings.comparesWithANN {
            throw SpikingError(.badSettings, "the task '\(task.rawValue)' compares with the ANN, so the ANN cannot be left out")
        }
        if task == .embedding, data.count < 3 {
            throw EvaluationError(
                .malformedDataset, "A rank correlation of pairs needs more than one pair.",
                context: .init(file: data.path, expected: "3 samples at least", found: "\(data.count)"))
        }
    }

    /// What a careful user wants to know of how the network runs here.
    public var diagnostics: [Diagnostic] {
        let input = network.graph[network.graph.inputs[0]]
        return simulator.diagnostics + (reading.classes?.diagnostics ?? [])
            + reading.unread(inputs: Set(network.graph.inputs.map { network.graph[$0].name }))
            + data.feedingNotes(inputShape: Shape(Array(input.shape.perSample.dimensions.dropFirst())), preprocessing: network.preprocessing)
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
        let dataDigest = try data.digest(
            classes: reading.classes?.indices, rows: reading.rows, skipsUnreadable: settings.skipBad, threads: settings.threads
        ).hexadecimal
        let journal = try resumeFile.map {
            try Journal(path: $0, of: Journal.Subject(settings: settings, network: networkDigest, data: dataDigest))
        }
        let frame = ResultsFrame(of: self, Results.Digests(network: networkDigest, data: dataDigest))
        var tally = journal?.tally ?? frame.emptyTally
        guard tally.isPossible(beside: frame.emptyTally, among: data.count, sites: frame.sitesByName) else {
            throw EvaluationError(
                .malformedProgress, "This progress was altered: it holds sums that no evaluation of these samples has.",
                context: .init(file: resumeFile))
        }
        try measure(.init(data), ann, into: &tally, keeping: { try journal?.write($0) }, progress: progress)
        guard tally.samples > 0 else {
            throw EvaluationError(
                .malformedDataset, "none of the \(data.count) samples could be read", context: .init(file: data.path))
        }
        return frame.results(tally, try firstSamples())
    }

    /// The samples that are measured: all, or some of them.
    struct Part: Sendable {
        let data: EvaluationData
        /// Which samples of all these are; nil where they are all.
        var places: [Int]?

        init(_ data: EvaluationData, places: [Int]? = nil) { (self.data, self.places) = (data, places) }
    }

    /// Goes on measuring where a tally ends, to the last sample of a part.
    /// - Parameter keep: called after every batch with what is tallied.
    func measure(
        _ part: Part, _ ann: ANNAnswers?, into tally: inout Tally, keeping keep: (Tally) throws -> Void,
        progress: (_ done: Int, _ total: Int) throws -> Void
    ) throws {
        var batches = try batches(of: part, size: batchSize, threads: settings.threads, startingAt: tally.position)
        try progress(tally.position, part.data.count)
        while let batch = try batches.next() {
            try measure(batch, ann, &tally)
            try keep(tally)
            try progress(tally.position, part.data.count)
        }
    }

    /// Elements of all outputs and time-steps that a batch holds at most, unless a single run has more.
    private static let budget = 1 << 26

    var batchSize: Int {
        let graph = network.graph
        let perRun = graph.outputs.reduce(0) { $0 + graph[$1.value].shape.perSample.count } * settings.timeSteps
        let fitting = max(1, Self.budget / max(1, perRun)) * simulator.batching.samplesPerRun
        return simulator.batching.size(near: min(settings.batchSize, fitting))
    }

    func batches(of part: Part? = nil, size: Int, threads: Int, startingAt start: Int = 0, prefetched: Int = 1) throws -> FedBatches {
        try FedBatches(
            part?.data ?? data, places: part?.places, input: network.graph[network.graph.inputs[0]], preprocessing: network.preprocessing,
            size: size, threads: threads, skipsUnreadable: settings.skipBad, startingAt: start, prefetched: prefetched)
    }

    private func measure(_ batch: FedBatch, _ ann: ANNAnswers?, _ tally: inout Tally) throws {
        guard !batch.samples.isEmpty else { return tally.add(batch) }
        let (inputs, output) = (batch.inputs, reading.output.name)
        var annOutput: Tensor?
        let spiking: Answers
        do {
            if settings.comparesWithANN {
                annOutput = try ann?.logits(of: batch.samples, inputs, output: output) ?? simulator.annAnswers(inputs)[output]!
            }
            spiking = try answers(inputs)
        } catch var failure as NonFiniteOutput {
            failure.sampleName = failure.sample.map { data.sampleName(batch.samples[$0]) }
            throw failure
        }
        switch spiking {
        case .whole(let result):
            tally.add(result)
            tally.answers.add(
                reading.samples(batch.samples, ann: annOutput, estimates: result.outputs[output]!, timeSteps: settings.timeSteps))
        case .stopped(let runs, let margins):
            tally.answers.add(
                batch.samples.enumerated().map { row, sample in
                    let classes = reading.output.shape.count
                    return ClassificationTally.StoppedSample(
                        label: reading.targets[sample], ann: annOutput.map { $0.values[row * classes..<(row + 1) * classes] }, run: runs[row])
                }, output: output, thresholds: margins)
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
        let runs = try simulator.spikingAnswers(inputs) { [output = reading.output.name] _, estimates in
            SoftmaxMargin.margin(of: estimates[output]!.values) >= last
        }
        return .stopped(runs, margins: margins)
    }
}
