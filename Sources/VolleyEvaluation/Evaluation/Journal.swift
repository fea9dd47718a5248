internal import VolleySpiking

/// The file that an interrupted evaluation goes on from. Written after every batch: at most the batch in flight is lost.
struct Journal: Sendable {
    /// What the sums belong to. They are continued for the same network, data and settings only, but with any batches, threads and prices:
    /// these change no sum, and settings are written without them.
    struct Subject: Sendable, Hashable, Codable {
        var settings: Evaluation.Settings
        var network: String?
        var data: String
    }

    private let file: ProgressFile<Subject, Tally>
    /// What was kept; nil when the file is not there yet.
    var tally: Tally? { file.state }

    /// - Throws: ``EvaluationError`` where something else stands at the path, or progress that cannot be gone on with.
    init(path: String, of subject: Subject) throws {
        file = try ProgressFile(path: path, of: Self.counted(subject), kind: .init(title: "volley progress", name: "evaluation"))
    }

    /// Without what changes no sum, so that a run may go on with others: batches, threads, prices, and what is looked at afterwards.
    private static func counted(_ subject: Subject) -> Subject {
        var subject = subject
        (subject.settings.batchSize, subject.settings.threads, subject.settings.prices, subject.settings.detail) = (0, 0, .arithmetic, 0)
        return subject
    }

    func write(_ tally: Tally) throws { try file.write(tally) }
}
