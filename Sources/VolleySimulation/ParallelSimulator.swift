internal import Synchronization
internal import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// Runs batches on several threads: a static partition of the samples, one session per thread. The results do not depend
/// on the number of threads, since samples are only parted where they are proved not to meet.
public final class ParallelSimulator: Sendable {
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

    /// Simulates a batch.
    /// - Throws: `GraphError` for inputs that do not fit, `SpikingError` where a membrane potential is not finite.
    public func run(_ inputs: [String: Tensor]) throws -> SimulationResult {
        SimulationResult(joining: try runParts(inputs) { session, part in try session.run(part) })
    }

    /// Evaluates the ANN on a batch.
    /// - Throws: `GraphError` for inputs that do not fit.
    public func runANN(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        program.executable.batching.joining(outputs: try runParts(inputs) { session, part in try session.runANN(part) })
    }

    /// Runs the ANN and the spiking network on a batch, for whoever takes their outputs for answers.
    /// - Throws: `NonFiniteOutput` that names the first output, time-step and sample with NaN or infinity, and for the ANN the
    ///   node where it began.
    public func answers(_ inputs: [String: Tensor]) throws -> (ann: [String: Tensor], spiking: SimulationResult) {
        let samples = try program.executable.sampleCount(inputs)
        let ann = try runANN(inputs)
        do {
            try ann.requireFinite(program.executable.batching, samples: samples)
        } catch var failure as NonFiniteOutput {
            var evaluator = program.ann
            evaluator.checksValues = true
            do { _ = try evaluator.runAll(inputs) } catch { failure.node = (error as? GraphError)?.node }
            throw failure
        }
        let spiking = try run(inputs)
        try spiking.requireFinite(samples: samples)
        return (ann, spiking)
    }

    private func runParts<Result: Sendable>(
        _ inputs: [String: Tensor], _ body: @Sendable (inout Session, [String: Tensor]) throws -> Result
    ) throws -> [Result] {
        let batching = program.executable.batching
        let count = try program.executable.sampleCount(inputs)
        let parts = batching.parts(of: count, atMost: threads)
        return try parallelRanges(parts.count, threads: parts.count) { worker, _ in
            let part = batching.samples(parts[worker], of: count, in: inputs)
            return try self.workers[worker].session.withLock { try body(&$0, part) }
        }
    }
}
