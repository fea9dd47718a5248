internal import Foundation
internal import VolleySpiking
internal import VolleyTensors

/// What a shard measured so far, and what that belongs to: it goes on from its file where it was interrupted, and shards are joined by theirs.
struct ShardFile: Sendable {
    struct Subject: Sendable, Hashable, Codable {
        var shard: Shard
        var frame: ResultsFrame
        /// Which samples are the shard's, ascending.
        var samples: [Int]
    }

    struct State: Sendable, Hashable, Codable {
        var tally: Tally
        /// In the first shard, once all its samples are measured.
        var first: FirstSamples?
    }

    private typealias File = ProgressFile<Subject, State>

    private static var kind: File.Kind { .init(title: "volley shard", name: "shard of an evaluation") }

    let path: String
    let subject: Subject
    private(set) var state: State

    private init(path: String, _ subject: Subject, _ state: State) { (self.path, self.subject, self.state) = (path, subject, state) }

    /// Of a shard of which nothing is measured.
    init(path: String, beginning subject: Subject) { self.init(path: path, subject, State(tally: subject.frame.emptyTally)) }

    /// - Throws: ``EvaluationError`` (`shards`) for what is no shard, is damaged, or was measured by another version; `FileError` where there
    ///   is no file that can be read.
    init(contentsOf path: String) throws {
        do {
            self = try Self.read(path)
        } catch let problem as File.Problem {
            throw File.refusal(of: path, for: problem, Self.kind)
        }
    }

    /// - Throws: `File.Problem`; `FileError` where there is no file that can be read.
    private static func read(_ path: String) throws -> ShardFile {
        let kept = try File.contents(of: path, kind)
        let file = ShardFile(path: path, kept.subject, kept.state)
        guard file.isPossible else { throw File.Problem.damaged }
        return file
    }

    /// What stands where a shard will be written.
    enum Standing {
        case nothing
        case shard(ShardFile)
        /// A shard that cannot be gone on with: it is damaged, or another version's.
        case useless
    }

    /// - Throws: ``EvaluationError`` (`shards`) where something else than a shard stands there, `FileError` where it cannot be read.
    static func standing(at path: String) throws -> Standing {
        guard FileManager.default.fileExists(atPath: path) else { return .nothing }
        do {
            return .shard(try read(path))
        } catch let problem as File.Problem {
            guard case .foreign = problem else { return .useless }
            throw EvaluationError(
                .shards, "The shard is to be written here, and this is none: it would be lost. Name another file, or remove this one.",
                context: .init(file: path))
        }
    }

    /// Whether it is of the same shard of the same run.
    func belongs(to other: Subject) throws -> Bool { try File.encoded(subject) == File.encoded(other) }

    var isFinished: Bool { state.tally.position == subject.samples.count && (subject.shard.index > 1 || state.first != nil) }

    /// - Throws: `FormatError` where the file cannot be written.
    mutating func keep(_ state: State) throws {
        self.state = state
        try File.write(state, of: subject, to: path, Self.kind)
    }

    private var isPossible: Bool {
        let (frame, samples) = (subject.frame, subject.samples)
        return frame.isPossible && samples.count <= frame.count && zip([-1] + samples, samples).allSatisfy(<) && samples.last ?? 0 < frame.count
            && state.tally.isPossible(
                beside: frame.emptyTally, among: samples.count, sites: frame.sitesByName, parts: subject.shard.count)
            && state.tally.skipped.allSatisfy { 0..<frame.count ~= $0.index }
    }
}

extension ResultsFrame {
    /// Whether an evaluation can have this: what is made of it stays within bounds.
    fileprivate var isPossible: Bool {
        let elements = output.reduce(1) { product, axis in axis > 0 ? product.multipliedReportingOverflow(by: axis).partialValue : -1 }
        guard 1...100_000 ~= settings.timeSteps, 1...1 << 32 ~= elements, 1...1 << 31 ~= count, 1...count ~= samplesPerRun else { return false }
        guard task.fits(Shape(output)), settings.earlyExit == nil || (task == .classification && hasClasses) else { return false }
        let costs = [dense.multiplyAccumulates, dense.paperMultiplyAccumulates, dense.nonlinearElements, dense.neurons]
        return costs.allSatisfy { 0...Int.max / 4 ~= $0 }
            && sites.allSatisfy { site in
                let numbers = 0...1 << 31
                return numbers ~= site.neurons && numbers ~= site.neuronsPerRun && site.codes.count == site.thresholds.count
                    && site.codes.count == site.spikes.count && site.spikes.allSatisfy { 0...128 ~= $0 }
            }
    }
}
