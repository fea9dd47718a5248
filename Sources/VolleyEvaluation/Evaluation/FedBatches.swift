internal import VolleyGraph
internal import VolleyTensors

/// Consecutive samples, as a network is fed with them.
struct FedBatch {
    /// Which samples of those that are handed out these are; skipped ones are included.
    let indices: Range<Int>
    /// By input.
    let inputs: [String: Tensor]
    /// Which sample of the whole data each row is.
    let samples: [Int]
    /// The samples left out because they could not be read.
    let skipped: [SkippedSample]
}

/// Hands out the samples of an evaluation batch by batch, in order.
struct FedBatches {
    private enum Source {
        case loader(BatchLoader, input: String)
        case arrays(NamedArrays, size: Int)
    }

    private let source: Source
    /// Which sample of all data each of these is; nil where these are all.
    private let places: [Int]?
    private var position: Int

    /// - Parameters:
    ///   - places: which samples of the whole these data are, where they are a part of it; nil for the whole.
    ///   - input: the network's only input, where the data is a data set.
    ///   - size: how many samples a batch has; the last one may have fewer.
    ///   - start: the first sample.
    init(
        _ data: EvaluationData, places: [Int]? = nil, input: Node, preprocessing: Preprocessing?, size: Int, threads: Int, skipsUnreadable: Bool,
        startingAt start: Int = 0, prefetched: Int = 1
    ) throws {
        (position, self.places) = (start, places)
        switch data.source {
        case .arrays(let arrays, _): source = .arrays(arrays, size: size)
        case .dataset(let dataset):
            let shape = Shape(Array(input.shape.perSample.dimensions.dropFirst()))
            source = .loader(
                try BatchLoader(
                    dataset, preprocessing: preprocessing, inputShape: shape, batchSize: size, threads: threads, skipsUnreadable: skipsUnreadable,
                    startingAt: start, prefetched: prefetched), input: input.name)
        }
    }

    /// nil after the last one.
    /// - Throws: ``EvaluationError`` for a sample that cannot be read.
    mutating func next() throws -> FedBatch? {
        switch source {
        case .loader(let loader, let input):
            guard let batch = try loader.next() else { return nil }
            return FedBatch(
                indices: batch.indices, inputs: [input: batch.inputs], samples: batch.samples.map(place),
                skipped: batch.skipped.map { SkippedSample(index: place($0.index), name: $0.name, reason: $0.reason) })
        case .arrays(let arrays, let size):
            guard position < arrays.count else { return nil }
            let range = position..<min(position + size, arrays.count)
            position = range.upperBound
            return FedBatch(indices: range, inputs: arrays.samples(range), samples: range.map(place), skipped: [])
        }
    }

    private func place(_ index: Int) -> Int { places?[index] ?? index }
}
