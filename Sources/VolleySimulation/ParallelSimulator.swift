internal import Synchronization
public import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// Runs batches on several threads: a static partition of the samples, one session per thread. The results do not depend
/// on the number of threads, since samples are only parted where they are proved not to meet.
public final class ParallelSimulator: Simulator {
    public let program: Program
    public let threads: Int
    private let workers: [Worker]

    private final class Worker: Sendable {
        let session: Mutex<Session>
        init(_ program: Program, _ order: Session.Order) { session = Mutex(Session(program, order: order)) }
    }

    public init(_ program: Program, threads: Int, order: Session.Order = .layerSequential) {
        self.program = program
        self.threads = max(1, threads)
        workers = (0..<self.threads).map { _ in Worker(program, order) }
    }

    public var network: SpikingNetwork { program.network }
    public var timeSteps: Int { program.timeSteps }
    public var ann: Evaluator { program.ann }
    public var neurons: [String: NeuronLayer] { program.neurons }
    public var diagnostics: [Diagnostic] { program.diagnostics }
    public var rounding: WeightRounding? { program.weights == .fp32 ? nil : WeightRounding(program, threads: threads) }

    /// Runs all time-steps on any number of samples, and hands on what sites send where that is asked for, from any thread.
    /// - Throws: `SpikingError` where a membrane potential is not finite; what the receiver of spikes throws.
    public func run(_ inputs: BoundInputs, tracing: SpikeTracing?) throws -> SimulationResult {
        SimulationResult(
            joining: try runParts(inputs) { session, part, samples in
                try session.run(part, tracing: tracing?.behind(samples.lowerBound))
            })
    }

    /// Runs one sample after the other on each thread until its estimates are enough.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    public func run(
        _ inputs: BoundInputs, until isEnough: @Sendable (_ step: Int, _ estimates: [String: Tensor]) -> Bool
    ) throws -> [StoppedRun] {
        try runParts(inputs) { session, part, _ in try session.run(part, until: isEnough) }.flatMap(\.self)
    }

    /// Runs the ANN, with the weights as trained.
    /// - Throws: nothing for inputs that were bound to this network.
    public func runANN(_ inputs: BoundInputs) throws -> [String: Tensor] {
        program.executable.batching.joining(outputs: try runParts(inputs) { session, part, _ in try session.runANN(part) })
    }

    /// Where the time of one thread goes, by stage.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    public func profile(_ inputs: BoundInputs) throws -> (ann: [Profile.Entry], snn: [Profile.Entry]) {
        var session = Session(program)
        let (ann, snn) = (Profile(), Profile())
        session.profile = ann
        _ = try session.runANN(inputs)
        session.profile = snn
        _ = try session.run(inputs)
        return (ann.stages, snn.stages)
    }

    private func runParts<Result: Sendable>(
        _ inputs: BoundInputs, _ body: @Sendable (inout Session, BoundInputs, Range<Int>) throws -> Result
    ) throws -> [Result] {
        let parts = program.executable.batching.parts(of: inputs.count, atMost: threads)
        return try parallelRanges(parts.count, threads: parts.count) { worker, _ in
            let part = inputs.samples(parts[worker])
            return try self.workers[worker].session.withLock { try body(&$0, part, parts[worker]) }
        }
    }
}
