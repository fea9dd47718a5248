internal import Foundation
internal import VolleyFormats
internal import VolleyTensors

/// A file that interrupted work goes on from. Written whole at every stop: at most what was in flight is lost.
///
/// Its first line is `TITLE VERSION SHA256`, with the digest of all that follows; then comes one JSON object. A file that was
/// altered, or that another version kept, is refused, since nothing in it can be measured again.
public struct ProgressFile<Subject: Codable & Sendable, State: Codable & Sendable>: Sendable {
    /// What kind of work it is of.
    public struct Kind: Sendable {
        /// The first words of the file, two of them.
        let title: String
        /// The work, as in "an evaluation".
        let name: String

        public init(title: String, name: String) {
            precondition(title.split(separator: " ").count == 2, "the first line has four words")
            (self.title, self.name) = (title, name)
        }
    }

    private struct Document: Codable {
        var subject: Subject
        var state: State

        private enum CodingKeys: String, CodingKey { case subject, state = "tally" }
    }

    /// More than any progress takes.
    private static var largestFile: Int { 1 << 30 }

    private let path: String
    private let kind: Kind
    private let subject: Subject
    /// What was kept; nil when the file is not there yet.
    public let state: State?

    /// - Parameter subject: what the progress belongs to. It is continued for one that is written alike: what it does not encode may differ.
    /// - Throws: ``EvaluationError`` where something else stands at the path, or progress that cannot be gone on with.
    public init(path: String, of subject: Subject, kind: Kind) throws {
        (self.path, self.kind, self.subject) = (path, kind, subject)
        state = try FileManager.default.fileExists(atPath: path) ? Self.read(path, subject, kind) : nil
    }

    private static func read(_ path: String, _ subject: Subject, _ kind: Kind) throws -> State {
        func failure(_ problem: String) -> EvaluationError {
            EvaluationError(.malformedProgress, problem, context: .init(file: path))
        }
        let article = kind.name.first.map { "aeiou".contains($0) } ?? false ? "an" : "a"
        let anew = "Remove the file, and the \(kind.name) begins anew."
        do {
            let kept = try contents(of: path, kind)
            guard try encoded(kept.subject) == encoded(subject) else {
                throw failure(
                    "This progress is of another network, other data or other settings. Name another file, or remove this one "
                        + "to begin anew.")
            }
            return kept.state
        } catch let problem as Problem {
            switch problem {
            case .foreign:
                throw failure(
                    "This is not the kept progress of \(article) \(kind.name), or that of another version. Name another file, or remove this one.")
            case .otherVersion(let version):
                throw failure("This progress was kept by version \(version), and this is \(volleyVersion). \(anew)")
            case .damaged: throw failure("This progress was altered or damaged: its digest does not fit. \(anew)")
            }
        }
    }

    /// Why the contents of a file cannot be used.
    public enum Problem: Error {
        /// It is no file of this kind.
        case foreign
        case otherVersion(String)
        case damaged
    }

    /// What is said of a file that was to be joined with others and cannot be used.
    public static func refusal(of path: String, for problem: Problem, _ kind: Kind) -> EvaluationError {
        let words =
            switch problem {
            case .foreign: "This is no \(kind.name)."
            case .otherVersion(let version): "This shard was measured by version \(version), and this is \(volleyVersion). Measure it again."
            case .damaged: "This shard is cut off, damaged or was altered: its digest does not fit. Measure it again."
            }
        return EvaluationError(.shards, words, context: .init(file: path))
    }

    /// What stands in a file, whatever it belongs to.
    /// - Throws: ``Problem``; `FileError` where there is no file that can be read.
    public static func contents(of path: String, _ kind: Kind) throws -> (subject: Subject, state: State) {
        let file = try InputFile(path: path)
        guard file.count <= largestFile else { throw Problem.foreign }
        let bytes = try file.allBytes
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { throw Problem.foreign }
        let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, words[..<2].joined(separator: " ") == kind.title else { throw Problem.foreign }
        guard words[2] == volleyVersion else { throw Problem.otherVersion(String(words[2])) }
        let content = Array(bytes[(end + 1)...])
        guard words[3] == SHA256.digest(of: content).hexadecimal,
            let document = try? JSONDecoder().decode(Document.self, from: Data(content))
        else { throw Problem.damaged }
        return (document.subject, document.state)
    }

    /// - Throws: `FormatError` where the file cannot be written.
    public func write(_ state: State) throws { try Self.write(state, of: subject, to: path, kind) }

    /// - Throws: `FormatError` where the file cannot be written.
    public static func write(_ state: State, of subject: Subject, to path: String, _ kind: Kind) throws {
        let content = try Self.encoded(Document(subject: subject, state: state))
        let title = "\(kind.title) \(volleyVersion) \(SHA256.digest(of: content).hexadecimal)\n"
        try AtomicFile.write(Array(title.utf8) + content, to: path)
    }

    /// As it stands in the file.
    static func encoded(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return [UInt8](try encoder.encode(value))
    }
}
