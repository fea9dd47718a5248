/// How a report is written.
public enum ReportFormat: String, Sendable, CaseIterable {
    /// One page with its drawings in it.
    case html
    /// Text and tables.
    case markdown
    /// A line for each number.
    case csv

    /// - Returns: what the end of a file's name says; nil where it says nothing.
    public init?(path: String) {
        let name = path.lowercased()
        let known: [(String, ReportFormat)] = [(".html", .html), (".htm", .html), (".md", .markdown), (".markdown", .markdown), (".csv", .csv)]
        guard let found = known.first(where: { name.hasSuffix($0.0) }) else { return nil }
        self = found.1
    }
}

extension Report {
    public func text(_ format: ReportFormat) -> String {
        switch format {
        case .html: html
        case .markdown: markdown
        case .csv: csv
        }
    }
}
