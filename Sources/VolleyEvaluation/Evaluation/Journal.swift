internal import Foundation
internal import VolleyFormats

/// The file that an interrupted evaluation goes on from. Written whole after every batch: at most the batch in flight is lost.
struct Journal: Sendable {
    /// What the sums belong to. They are only gone on with for the same network, data and settings.
    struct Subject: Sendable, Hashable, Codable {
        var settings: Evaluation.Settings
        var network: String?
        var data: String
    }

    private struct Document: Codable {
        var subject: Subject
        var tally: Tally
    }

    private let path: String
    private let subject: Subject
    /// What was kept; nil when the file is not there yet.
    let tally: Tally?

    init(path: String, of subject: Subject) throws {
        self.path = path
        // Threads do not change a result, so a run may go on with another number of them.
        var subject = subject
        subject.settings.threads = 0
        self.subject = subject
        guard FileManager.default.fileExists(atPath: path) else {
            tally = nil
            return
        }
        guard let data = FileManager.default.contents(atPath: path),
            let document = try? JSONDecoder().decode(Document.self, from: data)
        else {
            throw EvaluationError(
                .malformedDataset, "this is not the kept progress of an evaluation; remove it or name another file",
                context: .init(file: path))
        }
        guard document.subject == subject else {
            throw EvaluationError(
                .malformedDataset, "the progress kept here is of another network, other data or other settings; "
                    + "remove the file or name another one", context: .init(file: path))
        }
        tally = document.tally
    }

    func write(_ tally: Tally) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try AtomicFile.write([UInt8](try encoder.encode(Document(subject: subject, tally: tally))), to: path)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
