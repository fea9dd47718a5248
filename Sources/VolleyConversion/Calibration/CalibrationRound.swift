internal import Foundation
internal import VolleyGraph
internal import VolleyTensors

/// One pass over the calibration samples: groups them into batches, runs each batch on all threads, and merges what they observed; of
/// several processes each runs a part of every batch.
struct CalibrationRound<Kind: Observer> {
    /// Runs some samples and emits what its nodes carry.
    typealias Run = @Sendable (_ inputs: [String: Tensor], _ emit: (Node, Tensor) -> Void) throws -> Void

    private let executable: Executable
    private let batchSize: Int
    private let threads: Int
    private let make: @Sendable (_ node: Node, _ values: Int) -> Kind
    private let run: Run
    private let axes: [String: BatchAxis]
    private let team: (any CalibrationTeam)?
    private var batch = Batch()
    private var batchesDone = 0

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
        _ executable: Executable, batchSize: Int, threads: Int, team: (any CalibrationTeam)?,
        make: @escaping @Sendable (_ node: Node, _ values: Int) -> Kind, run: @escaping Run
    ) {
        self.executable = executable
        self.team = team
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
            if case .together = executable.batching.rule {
                batch.waiting.append(executable.batching.samples(start..<start + count, of: samples, in: inputs))
            } else if let own = own(of: count) {
                let range = start + own.lowerBound..<start + own.upperBound
                try evaluate(executable.batching.samples(range, of: samples, in: inputs), samples: own.count)
            }
            batch.samples += count
            start += count
            if batch.samples >= batchSize { try finish(body) }
        }
    }

    /// Hands on the batch that is not full.
    mutating func finish(_ body: (_ samples: Int, _ observers: [String: Kind]) throws -> Void) throws {
        guard batch.samples > 0 else { return }
        // Samples that meet are the work of one process, batch by batch in turn.
        if !batch.waiting.isEmpty, team.map({ batchesDone % $0.count == $0.index }) ?? true {
            try evaluate(executable.batching.joining(inputs: batch.waiting), samples: batch.samples)
        }
        let finished = batch
        batch = Batch()
        batchesDone += 1
        try body(finished.samples, team.map { try Self.merged(finished.observers, $0) } ?? finished.observers)
    }

    /// Which of so many samples fall to this process.
    private func own(of samples: Int) -> Range<Int>? {
        guard let team else { return 0..<samples }
        let parts = executable.batching.parts(of: samples, atMost: team.count)
        return parts.indices.contains(team.index) && !parts[team.index].isEmpty ? parts[team.index] : nil
    }

    /// What all processes observed of a batch.
    private static func merged(_ own: [String: Kind], _ team: any CalibrationTeam) throws -> [String: Kind] {
        let encoder = JSONEncoder(), decoder = JSONDecoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        var all: [String: Kind] = [:]
        for bytes in try team.share(Array(encoder.encode(own))) {
            merge(try decoder.decode([String: Kind].self, from: Data(bytes)), into: &all)
        }
        return all
    }

    private static func merge(_ observers: [String: Kind], into all: inout [String: Kind]) {
        for (name, observer) in observers {
            if all[name] == nil { all[name] = observer } else { all[name]!.merge(observer) }
        }
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
        for part in parts { Self.merge(part, into: &batch.observers) }
    }
}
