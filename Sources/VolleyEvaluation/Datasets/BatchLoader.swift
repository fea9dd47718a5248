import Dispatch
import Synchronization
public import VolleyGraph
public import VolleyTensors

/// Hands out a data set batch by batch, in order, and prepares the next ones while the caller works on the last.
///
/// Batches do not depend on the number of threads.
public final class BatchLoader: Sendable {
    public let dataset: Dataset
    public let batchSize: Int
    public let threads: Int
    private let reader: BatchReader
    private let prefetched: Int
    private let queue = DispatchQueue(label: "volley.batch-loader")
    private let progress: Mutex<Progress>

    private struct Progress {
        /// The first sample that no batch was begun for.
        var start: Int
        var pending: [PendingBatch] = []
        var failure: (any Error)?
    }

    /// - Parameters:
    ///   - dataset: The samples to hand out.
    ///   - preprocessing: What to do with images; not used for samples that are fed as they are.
    ///   - inputShape: The shape of the network's input for one sample, such as `[C, H, W]`.
    ///   - batchSize: How many samples a batch has; the last one may have fewer.
    ///   - threads: How many threads decode a batch.
    ///   - skipsUnreadable: Leave out samples that cannot be read or decoded, and list them in the batch, instead of
    ///     throwing.
    ///   - start: The first sample, where a measurement goes on.
    ///   - prefetched: How many batches are prepared ahead.
    /// - Throws: `EvaluationError` where the samples will not have the shape of the network's input.
    /// - Precondition: `batchSize` and `threads` are positive; neither `start` nor `prefetched` is negative.
    public init(
        _ dataset: Dataset, preprocessing: Preprocessing?, inputShape: Shape, batchSize: Int, threads: Int,
        skipsUnreadable: Bool = false, startingAt start: Int = 0, prefetched: Int = 1
    ) throws {
        precondition(batchSize > 0 && threads > 0 && start >= 0 && prefetched >= 0, "no batches can be made like this")
        self.dataset = dataset
        self.batchSize = batchSize
        self.threads = threads
        self.prefetched = prefetched
        reader = try BatchReader(
            dataset: dataset, preprocessing: preprocessing, inputShape: inputShape, threads: threads,
            skipsUnreadable: skipsUnreadable)
        progress = Mutex(Progress(start: start))
    }

    /// Waits for the next batch; nil after the last one.
    /// - Throws: `EvaluationError` naming the first sample of the batch that cannot be read. It ends the loading: every
    ///   later call throws it again.
    public func next() throws -> Batch? {
        let pending = try progress.withLock { progress in
            if let failure = progress.failure { throw failure }
            while progress.pending.count <= prefetched, progress.start < dataset.count {
                let end = min(progress.start + batchSize, dataset.count)
                progress.pending.append(begin(progress.start..<end))
                progress.start = end
            }
            return progress.pending.isEmpty ? nil : progress.pending.removeFirst()
        }
        do {
            return try pending?.wait()
        } catch {
            progress.withLock { $0.failure = error }
            throw error
        }
    }

    private func begin(_ indices: Range<Int>) -> PendingBatch {
        let pending = PendingBatch()
        queue.async { [reader] in pending.fulfil { try reader.batch(indices) } }
        return pending
    }
}

/// A batch that is being prepared.
private final class PendingBatch: Sendable {
    private let result = Mutex<Result<Batch, any Error>?>(nil)
    private let isReady = DispatchSemaphore(value: 0)

    func fulfil(_ body: () throws -> Batch) {
        let outcome = Result { try body() }
        result.withLock { $0 = outcome }
        isReady.signal()
    }

    /// Called once.
    func wait() throws -> Batch {
        isReady.wait()
        return try result.withLock { $0 }!.get()
    }
}
