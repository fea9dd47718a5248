internal import Foundation

/// One of several parts of a comparison of methods, which machines measure side by side.
///
/// It names the shards that its methods were measured into; all stand in one folder. Joined, they are what one run says, but for seconds:
/// those of measuring are added up, those of converting, which every machine does, are a mean.
public struct ComparisonShard: Sendable, Hashable {
    struct Subject: Sendable, Hashable, Codable {
        var shard: Shard
        var model: String?
        var steps: [Int]
        var settings: Evaluation.Settings
    }

    /// A method that fits the network.
    struct Entry: Sendable, Hashable, Codable {
        var label: String
        /// The name of its shard's file.
        var file: String
        var needs: ComparisonResults.Needs
        var seconds: ComparisonResults.Seconds
    }

    private struct State: Sendable, Hashable, Codable {
        var entries: [Entry]
        var unfit: [ComparisonResults.Unfit]
    }

    private typealias File = ProgressFile<Subject, State>

    /// How the names of files of comparisons' shards end.
    public static let ending = ".comparison"

    private static var kind: File.Kind { .init(title: "volley comparison", name: "shard of a comparison") }

    let subject: Subject
    private let state: State

    init(subject: Subject, entries: [Entry], unfit: [ComparisonResults.Unfit]) {
        (self.subject, state) = (subject, State(entries: entries, unfit: unfit))
    }

    /// The names of the files that its methods were measured into.
    public var files: [String] { state.entries.map(\.file) }

    /// - Throws: `EvaluationError` (`shards`) for what is no shard of a comparison, is damaged, or was measured by another version;
    ///   `FileError` where there is no file that can be read.
    public init(contentsOf path: String) throws {
        do {
            let (subject, state) = try File.contents(of: path, Self.kind)
            (self.subject, self.state) = (subject, state)
        } catch let problem as File.Problem {
            throw File.refusal(of: path, for: problem, Self.kind)
        }
    }

    /// - Throws: `FormatError` where the file cannot be written.
    public func write(to path: String) throws { try File.write(state, of: subject, to: path, Self.kind) }

    /// Joins all shards of a comparison; the order of the files does not matter.
    /// - Throws: `EvaluationError` (`shards`) where a file is no shard, shards are missing, or are of different comparisons, and what
    ///   `ShardFiles.merge` throws.
    public static func merge(_ paths: [String]) throws -> ComparisonResults {
        func failure(_ problem: String) -> EvaluationError { EvaluationError(.shards, problem) }
        var shards = try paths.map { (path: $0, shard: try ComparisonShard(contentsOf: $0)) }
        shards.sort { $0.shard.subject.shard.index < $1.shard.subject.shard.index }
        guard let first = shards.first else { throw failure("There are no shards to merge.") }
        for other in shards.dropFirst() where !first.shard.isOfOneComparison(with: other.shard) {
            throw failure(
                "'\(first.path)' and '\(other.path)' are shards of different comparisons: of another model, methods, time-steps or settings.")
        }
        let count = first.shard.subject.shard.count, indices = shards.map(\.shard.subject.shard.index)
        guard indices == Array(1..<count + 1) else {
            throw failure("\(count) shards are needed, each of 1 to \(count) once; found are \(indices.map(String.init).joined(separator: ", ")).")
        }
        var results = ComparisonResults(model: first.shard.subject.model, steps: first.shard.subject.steps, settings: first.shard.subject.settings)
        results.unfit = first.shard.state.unfit
        for (place, entry) in first.shard.state.entries.enumerated() {
            let files = shards.map { URL(filePath: $0.path).deletingLastPathComponent().appending(path: $0.shard.state.entries[place].file) }
            let measured = try ShardFiles.merge(files.map { $0.path(percentEncoded: false) })
            let seconds = shards.map(\.shard.state.entries[place].seconds)
            results.add(
                .init(
                    label: entry.label, results: measured, steps: results.steps, needs: entry.needs,
                    seconds: .init(
                        conversion: seconds.reduce(0) { $0 + $1.conversion } / Double(count), evaluation: seconds.reduce(0) { $0 + $1.evaluation })),
                measured)
        }
        return results
    }

    private func isOfOneComparison(with other: ComparisonShard) -> Bool {
        var same = other.subject
        same.shard = subject.shard
        return same == subject && other.subject.shard.count == subject.shard.count && state.unfit == other.state.unfit
            && state.entries.map(\.label) == other.state.entries.map(\.label) && state.entries.map(\.needs) == other.state.entries.map(\.needs)
    }
}
