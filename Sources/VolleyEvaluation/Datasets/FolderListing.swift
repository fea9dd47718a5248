import Foundation
import VolleyTensors

/// The names in a folder in the order of their UTF-8 bytes, those that begin with a dot left out.
struct FolderListing {
    let path: String
    let names: [String]

    init(_ path: String) throws {
        do {
            let all = try FileManager.default.contentsOfDirectory(atPath: path)
            self.path = path
            names = all.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch {
            throw EvaluationError(
                .unrecognizedDataset, "The folder cannot be read: \(error.localizedDescription)",
                context: .init(file: path), underlying: error)
        }
    }

    func path(of name: String) -> String { path + "/" + name }
}

extension Collection<String> {
    /// The first few names for a message, and how many more there are.
    func listed(_ limit: Int = 5) -> String {
        let shown = prefix(limit).joined(separator: ", ")
        return count > limit ? shown + " and \(count - limit) more" : shown
    }
}
