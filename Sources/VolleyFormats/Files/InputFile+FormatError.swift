import VolleyTensors

extension InputFile {
    /// Opens the file, and says as a `FormatError` why that is impossible.
    static func opening(_ path: String) throws -> InputFile {
        do {
            return try InputFile(path: path)
        } catch let error as FileError {
            throw FormatError(error.reason == .notFound ? .notFound : .unreadable, error.message, path: path)
        }
    }
}
