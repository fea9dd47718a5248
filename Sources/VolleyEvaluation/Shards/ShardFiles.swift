internal import VolleyTensors

/// The files of an evaluation's shards.
public enum ShardFiles {
    /// Joins all shards of an evaluation to the results of one run: the same bytes but for ``Results/Exit/millisecondsPerSample``, a mean
    /// over the times of all machines.
    ///
    /// The order of the files does not matter, and a shard may be there twice if both files say the same.
    /// - Throws: ``EvaluationError`` (`shards`) where a file is no finished shard, shards are missing, overlap, or are of different networks,
    ///   data, settings or versions; `FileError` for a file that cannot be read.
    public static func merge(_ paths: [String]) throws -> Results {
        let files = try paths.map { try ShardFile(contentsOf: $0) }
        guard let first = files.first else { throw EvaluationError(.shards, "There are no shards to merge.") }
        for file in files.dropFirst() { try requireSameRun(first, file) }
        for file in files where !file.isFinished {
            let (shard, done) = (file.subject.shard, file.state.tally.position)
            throw EvaluationError(
                .shards,
                "Shard \(shard) is not finished, \(done) of its \(file.subject.samples.count) samples are measured. Run it again: it goes on from there.",
                context: .init(file: file.path))
        }
        let shards = try single(files)
        try requireWhole(shards, first.subject.frame)
        var tally = first.subject.frame.emptyTally
        for shard in shards { tally += shard.state.tally }
        let frame = first.subject.frame
        guard tally.isPossible(beside: frame.emptyTally, among: frame.count, sites: frame.sitesByName), let measured = shards[0].state.first else {
            throw EvaluationError(.shards, "These shards were altered: together they hold sums that no evaluation has. Measure them again.")
        }
        guard tally.samples > 0 else { throw EvaluationError(.shards, "None of the \(frame.count) samples could be read.") }
        return frame.results(tally, measured)
    }

    private static func requireSameRun(_ one: ShardFile, _ other: ShardFile) throws {
        let differences = one.subject.frame.differences(from: other.subject.frame)
        guard differences.isEmpty else {
            throw EvaluationError(
                .shards,
                "These are shards of different evaluations: '\(one.path)' and '\(other.path)' differ in \(differences.joined(separator: ", ")).")
        }
        guard one.subject.shard.count == other.subject.shard.count else {
            throw EvaluationError(
                .shards,
                "These shards overlap: '\(one.path)' is shard \(one.subject.shard), and '\(other.path)' is shard \(other.subject.shard). "
                    + "Merge shards of one number.")
        }
    }

    /// Each shard once, in order.
    private static func single(_ files: [ShardFile]) throws -> [ShardFile] {
        var shards: [ShardFile] = []
        for file in files.sorted(by: { $0.subject.shard.index < $1.subject.shard.index }) {
            guard let last = shards.last, last.subject.shard == file.subject.shard else {
                shards.append(file)
                continue
            }
            guard last.state == file.state, last.subject == file.subject else {
                throw EvaluationError(
                    .shards, "Two files hold shard \(file.subject.shard), and not the same: '\(last.path)' and '\(file.path)'. Leave one out.")
            }
        }
        return shards
    }

    /// - Throws: where a sample is in none of the shards, or in two.
    private static func requireWhole(_ shards: [ShardFile], _ frame: ResultsFrame) throws {
        let count = shards[0].subject.shard.count
        let missing = Set(1...count).subtracting(shards.map(\.subject.shard.index)).sorted()
        guard missing.isEmpty else {
            let remedies = missing.prefix(4).map { Remedy(.shard, "\($0)/\(count)") }
            let names = remedies.map(\.description).joined(separator: ", ") + (missing.count > 4 ? ", …" : "")
            throw EvaluationError(
                .shards, "\(missing.count) of \(count) shards \(missing.count == 1 ? "is" : "are") missing. Measure \(names) too.",
                context: .init(found: shards.map { "'\($0.path)'" }.listed(12)), remedies: Array(remedies))
        }
        guard shards.flatMap(\.subject.samples).sorted() == Array(0..<frame.count) else {
            throw EvaluationError(
                .shards, "These shards do not hold every sample once: one of them was altered. Measure them again.",
                context: .init(found: shards.map { "'\($0.path)'" }.listed(12)))
        }
    }
}

extension ResultsFrame {
    /// What two runs differ in, in words; empty where both measure the same.
    fileprivate func differences(from other: ResultsFrame) -> [String] {
        func differ<T: Equatable>(_ field: KeyPath<ResultsFrame, T>) -> Bool { self[keyPath: field] != other[keyPath: field] }
        let fields: [(String, Bool)] = [
            ("the network", differ(\.digests.network)), ("the data", differ(\.digests.data) || differ(\.count)),
            ("the time-steps", differ(\.settings.timeSteps)), ("the weights", differ(\.settings.weights)), ("the task", differ(\.task)),
            ("the output", differ(\.settings.output)), ("early exit", differ(\.settings.earlyExit)),
            ("whether the ANN answers", differ(\.settings.comparesWithANN)), ("the limit of samples", differ(\.settings.limit)),
            ("what is done with unreadable samples", differ(\.settings.skipBad)), ("the name of the data", differ(\.settings.data)),
            ("the prices", differ(\.prices)), ("the samples that are looked inside", differ(\.detail)),
        ]
        let named = fields.filter(\.1).map(\.0)
        return named.isEmpty && self != other ? ["what is known of the network"] : named
    }
}
