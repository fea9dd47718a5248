internal import VolleyFormats
internal import VolleyTensors

/// One shard of an evaluation, ready to be measured into its file.
///
/// The file holds sums, not figures: ``ShardFiles/merge(_:)`` makes the results of all shards' files, the same as those of one run but for
/// times. It is written after every batch. A shard that is run again goes on from there, or leaves it as it is when all is measured; what
/// another run left there is replaced.
public struct ShardRun: Sendable {
    public let shard: Shard
    /// Whether all is measured.
    public var isFinished: Bool { isKept && file.isFinished }
    /// How many samples are measured already.
    public var done: Int { file.state.tally.position }
    /// How many samples the shard holds.
    public var count: Int { file.subject.samples.count }
    /// Whether a file of another run stands there, or a damaged one, which is going to be replaced.
    public let replacesFile: Bool

    private let evaluation: Evaluation
    private var file: ShardFile
    /// Whether the file is written.
    private var isKept: Bool

    /// - Parameters:
    ///   - path: the shard's file.
    ///   - networkDigest: SHA-256 of the network's file, for the record.
    /// - Throws: ``EvaluationError`` for samples that cannot be read, and where something else than a shard stands at the path.
    public init(_ shard: Shard, of evaluation: Evaluation, path: String, networkDigest: String? = nil) throws {
        let (data, reading, settings) = (evaluation.data, evaluation.reading, evaluation.settings)
        let digests = try data.sampleDigests(skipsUnreadable: settings.skipBad, threads: settings.threads)
        let digest = try data.digest(
            classes: reading.classes?.indices, rows: reading.rows, known: digests, skipsUnreadable: settings.skipBad, threads: settings.threads)
        let frame = ResultsFrame(of: evaluation, Results.Digests(network: networkDigest, data: digest.hexadecimal))
        let samples = shard.samples(among: digests, samplesPerRun: frame.samplesPerRun)
        let subject = ShardFile.Subject(shard: shard, frame: frame, samples: samples)
        (self.shard, self.evaluation) = (shard, evaluation)
        let standing = try ShardFile.standing(at: path)
        if case .shard(let kept) = standing, try kept.belongs(to: subject) {
            (file, isKept, replacesFile) = (kept, true, false)
        } else {
            (file, isKept) = (ShardFile(path: path, beginning: subject), false)
            if case .nothing = standing { replacesFile = false } else { replacesFile = true }
        }
    }

    /// The shard's samples; of arrays, which lie in memory, those of all shards.
    public var data: EvaluationData {
        evaluation.data.dataset == nil || count == 0 ? evaluation.data : evaluation.data.selecting(file.subject.samples)
    }

    /// Measures what is not measured yet.
    /// - Parameters:
    ///   - ann: what answers for the ANN, shared with other evaluations on the same data; nil for the network's own.
    ///   - progress: called after every batch with the samples done and in all.
    /// - Returns: the samples that could not be read, where these are skipped.
    /// - Throws: the first error of data, network or file.
    public mutating func run(
        ann: ANNAnswers? = nil, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> [SkippedSample] {
        guard !isFinished else { return file.state.tally.skipped }
        var tally = file.state.tally
        let evaluation = evaluation
        let samples = file.subject.samples
        if !samples.isEmpty {
            try evaluation.measure(
                .init(evaluation.data.selecting(samples), places: samples), ann, into: &tally,
                keeping: { try keep(ShardFile.State(tally: $0)) }, progress: progress)
        }
        try keep(ShardFile.State(tally: tally, first: shard.index == 1 ? try evaluation.firstSamples() : nil))
        return tally.skipped
    }

    private mutating func keep(_ state: ShardFile.State) throws {
        try file.keep(state)
        isKept = true
    }
}
