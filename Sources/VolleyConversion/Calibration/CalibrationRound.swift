internal import VolleyGraph
internal import VolleyTensors

/// One pass over the calibration samples: groups them into batches, runs each batch on all threads, and merges what they observed.
struct CalibrationRound<Kind: Observer> {
    /// Runs some samples and emits what its nodes carry.
    typealias Run = @Sendable (_ inputs: [String: Tensor], _ emit: (Node, Tensor) -> Void) throws -> Void

    private let executable: Executable
    private let batchSize: Int
    private let threads: Int
    private let make: @Sendable (_ node: Node, _ values: Int) -> Kind
    private let run: Run
    private let axes: [String: BatchAxis]
    private var batch = Batch()

    /// The samples of the batch that is being gathered.
    private struct Batch {
        var samples = 0
        var observers: [String: Kind] = [:]
        /// Samples that must be evaluated together, once all are there.
        var waiting: [[String: Tensor]] = []
    }

    /// Samples at a time: a few keep the activations in the cache and the memory small.
    private static var chunk: Int { 8 }

    init(
        _ executable: Executable, batchSize: Int, threads: Int, make: @escaping @Sendable (_ node: Node, _ values: Int) -> Kind,
        run: @escaping Run
    ) {
        self.executable = executable
        self.batchSize = executable.batching.size(near: batchSize)
        self.threads = threads
        self.make = make
        self.run = run
        axes = Dictionary(
            uniqueKeysWithValues: executable.graph.nodes.enumerated().compactMap { id, node in
                executable.analysis.layouts[id].axis.map { (node.name, $0) }
            })
    }

    /// Takes more samples, and hands on every batch that they complete.
    mutating func add(_ inputs: [String: Tensor], _ body: (_ samples: Int, _ observers: [String: Kind]) throws -> Void) throws {
        let samples = try executable.sampleCount(inputs)
        var start = 0
        while start < samples {
            let count = min(samples - start, batchSize - batch.samples)
            let part = executable.batching.samples(start..<start + count, of: samples, in: inputs)
            if case .together = executable.batching.rule {
                batch.waiting.append(part)
            } else {
                try evaluate(part, samples: count)
            }
            batch.samples += count
            start += count
            if batch.samples >= batchSize { try finish(body) }
        }
    }

    /// Hands on the batch that is not full.
    mutating func finish(_ body: (_ samples: Int, _ observers: [String: Kind]) throws -> Void) throws {
        guard batch.samples > 0 else { return }
        if !batch.waiting.isEmpty { try evaluate(executable.batching.joining(inputs: batch.waiting), samples: batch.samples) }
        let finished = batch
        batch = Batch()
        try body(finished.samples, finished.observers)
    }

    private mutating func evaluate(_ inputs: [String: Tensor], samples: Int) throws {
        let (batching, batchSize, make, run, axes) = (executable.batching, batchSize, make, run, axes)
        let ranges = batching.parts(of: samples, atMost: threads)
        let parts = try parallelRanges(ranges.count, threads: ranges.count) { worker, _ in
            var observers: [String: Kind] = [:]
            let own = batching.samples(ranges[worker], of: samples, in: inputs)
            for chunk in batching.runs(of: ranges[worker].count, size: Self.chunk) {
                try run(batching.samples(chunk, of: ranges[worker].count, in: own)) { node, value in
                    let most = max(value.count, value.count / max(1, chunk.count) * batchSize)
                    // Taken out of the dictionary, so that its arrays are changed in place.
                    var observer = observers.removeValue(forKey: node.name) ?? make(node, most)
                    observer.add(Observation(value, samples: chunk.count, batchAxis: axes[node.name]))
                    observers[node.name] = observer
                }
            }
            return observers
        }
        for part in parts {
            for (name, observer) in part {
                if batch.observers[name] == nil { batch.observers[name] = observer } else { batch.observers[name]!.merge(observer) }
            }
        }
    }
}
