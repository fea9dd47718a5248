/// What an export wrote, and how far it can be trusted.
public struct ExportReport: Sendable, Hashable {
    /// Whether what was written computes what the network computes.
    public enum Rating: String, Sendable, Hashable {
        /// The same equations on 32-bit floats: results agree until rounding decides a spike.
        case faithful
        /// Other equations, rounded numbers or parts left out; the notes say which.
        case approximate
    }

    /// The name of the format.
    public var format: String
    public var rating: Rating
    /// Full sentences: what differs, and what a reader of the files must know.
    public var notes: [String]
    /// The paths of all files that were written, the main one first.
    public var files: [String]

    public init(format: String, rating: Rating, notes: [String], files: [String]) {
        (self.format, self.rating, self.notes, self.files) = (format, rating, notes, files)
    }
}
