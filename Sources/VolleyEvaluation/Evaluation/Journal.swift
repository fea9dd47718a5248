internal import Foundation
internal import VolleyFormats
internal import VolleySpiking
internal import VolleyTensors

/// The file that an interrupted evaluation goes on from. Written whole after every batch: at most the batch in flight is lost.
///
/// Its first line is `volley progress VERSION SHA256`, with the digest of all that follows; then comes one JSON object. A file that was
/// altered, or that another version kept, is refused, since nothing in it can be measured again.
struct Journal: Sendable {
    /// What the sums belong to. They are continued for the same network, data and settings only.
    struct Subject: Sendable, Hashable, Codable {
        var settings: Evaluation.Settings
        var network: String?
        var data: String
    }

    private struct Document: Codable {
        var subject: Subject
        var tally: Tally
    }

    private static let title = "volley progress"
    /// More than the sums of any network take.
    private static let largestFile = 1 << 30

    private let path: String
    private let subject: Subject
    /// What was kept; nil when the file is not there yet.
    let tally: Tally?

    /// - Throws: ``EvaluationError`` where something else stands at the path, or progress that cannot be gone on with.
    init(path: String, of subject: Subject) throws {
        self.path = path
        self.subject = Self.counted(subject)
        tally = try FileManager.default.fileExists(atPath: path) ? Self.read(path, self.subject) : nil
    }

    /// Without what changes no sum, so that a run may go on with others: batches, threads, prices, and what is looked at afterwards.
    private static func counted(_ subject: Subject) -> Subject {
        var subject = subject
        (subject.settings.batchSize, subject.settings.threads, subject.settings.prices, subject.settings.detail) = (0, 0, .arithmetic, 0)
        return subject
    }

    private static func read(_ path: String, _ subject: Subject) throws -> Tally {
        func failure(_ problem: String) -> EvaluationError {
            EvaluationError(.malformedProgress, problem, context: .init(file: path))
        }
        let foreign = failure("This is not the kept progress of an evaluation, or that of another version. Name another file, or remove this one.")
        let file = try InputFile(path: path)
        guard file.count <= largestFile else { throw foreign }
        let bytes = try file.allBytes
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { throw foreign }
        let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, words[..<2].joined(separator: " ") == title else { throw foreign }
        let anew = "Remove the file, and the evaluation begins anew."
        guard words[2] == volleyVersion else {
            throw failure("This progress was kept by version \(words[2]), and this is \(volleyVersion). \(anew)")
        }
        let content = Array(bytes[(end + 1)...])
        guard words[3] == SHA256.digest(of: content).hexadecimal,
            let document = try? JSONDecoder().decode(Document.self, from: Data(content))
        else { throw failure("This progress was altered or damaged: its digest does not fit. \(anew)") }
        guard counted(document.subject) == subject else {
            throw failure(
                "This progress is of another network, other data or other settings. Name another file, or remove this one "
                    + "to begin anew.")
        }
        return document.tally
    }

    func write(_ tally: Tally) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let content = [UInt8](try encoder.encode(Document(subject: subject, tally: tally)))
        let title = "\(Self.title) \(volleyVersion) \(SHA256.digest(of: content).hexadecimal)\n"
        try AtomicFile.write(Array(title.utf8) + content, to: path)
    }
}
