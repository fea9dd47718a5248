internal import VolleyGraph
public import VolleySimulation
public import VolleySpiking
public import VolleyTensors

/// Times a spiking network beside the ANN that it was made from: same inputs, same threads, in turn.
public struct NetworkBenchmark: Sendable {
    public struct Settings: Sendable {
        public var timeSteps = 4
        public var batch = 8
        public var threads = 1
        public var weights = WeightFormat.fp32
        /// How often each side is timed; medians count.
        public var repetitions = 7

        public init() {}
    }

    /// What was measured. Times are medians.
    public struct Report: Sendable, Codable {
        public struct Timing: Sendable, Codable {
            public var millisecondsPerSample: Double
            /// All repetitions, in the order in which they ran.
            public var repetitions: [Double]
        }

        public var ann: Timing
        public var snn: Timing
        public var weights: WeightError
        public var threads: Int
        public var batch: Int
        public var steps: Int
        public var instructionSet: String
        /// The largest resident set of the process so far.
        public var peakMemoryBytes: Int
        /// Minor page faults of the timed repetitions, all threads.
        public var pageFaults: Int
        /// Multiply-accumulates per second of a dense fp32 product on one thread, in 10⁹.
        public var peakGigaMACs: Double
        /// Bytes per second that one thread reads and writes when it copies more than caches hold, in 10⁹.
        public var peakGigabytes: Double
        /// Where one thread's time goes, per sample.
        public var annStages: [Stage]
        public var snnStages: [Stage]
    }

    /// One operator.
    public struct Stage: Sendable, Codable {
        public var name: String
        public var kind: String
        public var millisecondsPerSample: Double
        /// Spikes per input and time-step; nil where no spikes arrive.
        public var density: Double?
        /// Synaptic operations (additions at a spike's targets, or multiply-accumulates where floats arrive) per second, 10⁹.
        public var gigaSynapticOperations: Double?
        /// That over ``Report/peakGigaMACs``.
        public var shareOfPeak: Double?
        /// Bytes per second, 10⁹: what it reads and writes, each once.
        public var gigabytes: Double?
        /// That over ``Report/peakGigabytes``. Beyond 1 the data came from caches.
        public var shareOfBandwidth: Double?

        /// What keeps it from running faster: the limit that it comes closest to, where it comes within a third of one.
        public var bound: Bound {
            let (products, memory) = (shareOfPeak ?? 0, shareOfBandwidth ?? 0)
            guard max(products, memory) >= 1.0 / 3 else { return .neither }
            return products >= memory ? .products : .memory
        }

        public enum Bound: String, Sendable, Codable, CaseIterable {
            /// Multiply-accumulates: its rate is near that of a dense product.
            case products
            /// Bytes: they pass as fast as a copy's.
            case memory
            /// Neither; its own instructions take the time.
            case neither
        }
    }

    private let settings: Settings
    private let simulator: any Simulator

    /// - Throws: `SpikingError` for settings that cannot be run.
    public init(_ network: SpikingNetwork, settings: Settings, kernels: Kernels = .best) throws {
        let program = try Program(network, timeSteps: settings.timeSteps, weights: settings.weights, kernels: kernels)
        try self.init(ParallelSimulator(program, threads: settings.threads), settings: settings)
    }

    /// Times a simulator.
    /// - Parameter settings: their time-steps and weights are the simulator's, whatever they say.
    /// - Throws: `SpikingError` for settings that cannot be run.
    public init(_ simulator: any Simulator, settings: Settings) throws {
        guard settings.batch >= 1, settings.threads >= 1, settings.repetitions >= 1 else {
            throw SpikingError(.badSettings, "batch, threads and repetitions must be at least 1")
        }
        self.simulator = simulator
        self.settings = settings
        let fixed = simulator.batching.samplesPerRun
        guard settings.batch % fixed == 0 else {
            throw SpikingError(.badSettings, "the network takes \(fixed) samples at a time: the batch must be a multiple of it")
        }
    }

    public var diagnostics: [Diagnostic] { simulator.diagnostics }

    /// Seeded values with a standard normal distribution for every input.
    public func normalInputs(seed: UInt64) -> [String: Tensor] {
        var generator = SeededGenerator(seed: seed)
        var inputs: [String: Tensor] = [:]
        for id in simulator.network.graph.inputs {
            let shape = simulator.batching.shape(of: simulator.network.graph[id], samples: settings.batch)
            inputs[simulator.network.graph[id].name] = generator.normalTensor(shape)
        }
        return inputs
    }

    /// Cuts or repeats samples until there are as many as the batch has.
    /// - Throws: `GraphError` for arrays that are not the inputs', `SpikingError` where they hold no samples.
    public func batch(of inputs: [String: Tensor]) throws -> [String: Tensor] {
        let batching = simulator.batching
        let count = try simulator.bind(inputs).count
        guard count > 0 else { throw SpikingError(.badSettings, "the input arrays hold no samples") }
        let parts = stride(from: 0, to: settings.batch, by: count).map { start in
            batching.samples(0..<min(count, settings.batch - start), of: count, in: inputs)
        }
        return batching.joining(inputs: parts)
    }

    /// Times both sides on a batch.
    /// - Parameter progress: called with the repetitions done and in all.
    /// - Throws: errors of the inputs.
    public func run(_ inputs: [String: Tensor], progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> Report {
        let perSample = 1000 / Double(settings.batch)
        var (ann, snn): ([Double], [Double]) = ([], [])
        _ = try simulator.runANN(inputs)
        let result = try simulator.run(inputs)
        let faults = ProcessStatistics.pageFaults
        for repetition in 0..<settings.repetitions {
            progress(repetition, settings.repetitions)
            ann.append(try Stopwatch.seconds { _ = try simulator.runANN(inputs) } * perSample)
            snn.append(try Stopwatch.seconds { _ = try simulator.run(inputs) } * perSample)
        }
        progress(settings.repetitions, settings.repetitions)
        let pageFaults = ProcessStatistics.pageFaults - faults
        let peakMemory = ProcessStatistics.peakMemoryBytes
        let (peak, bandwidth) = (try measuredPeak(), Self.measuredBandwidth())
        let stages = try simulator.profile(simulator.bind(inputs))
        var weightError = WeightError(of: simulator.rounding)
        if let rounding = simulator.rounding {
            var distances: [String: RelativeDistance] = [:]
            try WeightComparison(simulator.ann, rounding).add(0..<settings.batch, of: inputs, to: &distances)
            weightError = WeightError(of: rounding, outputs: distances)
            try weightError.addEstimates(of: rounding, inputs, result)
        }
        return Report(
            ann: .init(millisecondsPerSample: Stopwatch.median(ann), repetitions: ann),
            snn: .init(millisecondsPerSample: Stopwatch.median(snn), repetitions: snn), weights: weightError,
            threads: settings.threads, batch: settings.batch, steps: simulator.timeSteps,
            instructionSet: simulator.ann.executable.kernels.name, peakMemoryBytes: peakMemory, pageFaults: pageFaults,
            peakGigaMACs: peak, peakGigabytes: bandwidth, annStages: stages.ann.map { stage($0, peak, bandwidth) },
            snnStages: stages.snn.map { stage($0, peak, bandwidth) })
    }

    private func stage(_ entry: Profile.Entry, _ peak: Double, _ bandwidth: Double) -> Stage {
        var stage = Stage(
            name: entry.name, kind: entry.kind, millisecondsPerSample: 1000 * entry.seconds / Double(settings.batch))
        guard entry.seconds > 0 else { return stage }
        stage.gigabytes = 1e-9 * Double(entry.bytes) / entry.seconds
        stage.shareOfBandwidth = stage.gigabytes! / bandwidth
        guard entry.multiplyAccumulates > 0 else { return stage }
        stage.density = entry.inputs > 0 ? Double(entry.spikes) / Double(entry.inputs) : nil
        let operations = 1e-9 * Double(entry.multiplyAccumulates) * (stage.density ?? 1) / entry.seconds
        stage.gigaSynapticOperations = operations
        stage.shareOfPeak = operations / peak
        return stage
    }

    /// A dense fp32 product of ViT-S here, in 10⁹ multiply-accumulates per second.
    private func measuredPeak() throws -> Double {
        let product = try KernelWorkload.product(simulator.ann.executable.kernels, inputs: 384, outputs: 1536)
        return 1e-9 * product.work / Stopwatch.seconds([product], repetitions: 5)[0]
    }

    /// A copy of 64 MB, read and written.
    private static func measuredBandwidth() -> Double {
        let count = 1 << 24
        let source = Tensor([count], repeating: 1)
        var copy = Tensor([count])
        let seconds = (0..<3).map { _ in Stopwatch.seconds { copy.fill(from: source.values, offset: 0, strides: [1]) } }.min()!
        return 1e-9 * 2 * Double(count * MemoryLayout<Float>.size) / seconds
    }
}
