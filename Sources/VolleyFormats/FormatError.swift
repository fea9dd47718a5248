public import VolleyTensors

/// What is wrong with a file that was read, or that could not be written.
public struct FormatError: InputError, Hashable {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// There is no file of this name.
        case notFound
        /// The system refuses to read the file.
        case unreadable
        /// The file ends before what it announces.
        case truncated
        /// The bytes contradict the format or each other.
        case malformed
        /// The file is valid, but uses a part of the format that is not read here.
        case unsupported
        /// The file asks for more memory than it may.
        case tooLarge
        /// The file has no tensor, array or member of the name asked for.
        case missingEntry
        /// A system library that this format needs is not installed.
        case libraryMissing
        /// The file could not be written; nothing stands under its name that was not there before.
        case writeFailed
    }

    public let code: Code
    /// What failed, what was expected and found, and what to do, in full sentences.
    public let message: String
    /// The file, or the name under which the caller handed its bytes in.
    public let path: String
    /// Where in the file, in bytes from its start, if it can be said.
    public let offset: Int?

    public init(_ code: Code, _ message: String, path: String, offset: Int? = nil) {
        self.code = code
        self.message = message
        self.path = path
        self.offset = offset
    }

    public var description: String {
        "\(path)\(offset.map { ", byte \($0)" } ?? ""): \(message)"
    }
}

extension String {
    /// A name taken from a file, fit for a message: in quotes, control characters escaped, cut after 100 characters.
    var quoted: String { String(reflecting: count > 100 ? prefix(100) + "…" : self) }
}
