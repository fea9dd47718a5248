import Foundation
import VolleyTensors

extension MappedFile {
    /// Maps the file, and says as a `FormatError` why that is impossible.
    static func opening(_ path: String) throws -> MappedFile {
        if Folder.exists(path) {
            throw FormatError(.unreadable, "This is a folder; expected a file.", path: path)
        }
        do {
            return try MappedFile(path: path)
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
            throw FormatError(.notFound, "There is no such file. Check the path.", path: path)
        } catch {
            throw FormatError(.unreadable, "The file cannot be read. \(error.localizedDescription)", path: path)
        }
    }
}
