import ArgumentParser
import Foundation
import Volley

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Makes a page of what 'volley evaluate --json' wrote, of one run or several side by side.",
        discussion: """
            The page is one file that loads nothing: the ANN beside the spiking network at every t, energy against accuracy, firing rates, \
            where the error enters and spikes of single neurons (of results measured with --detail), which class is taken for which, \
            settings and digests. It prints, and follows a dark screen. As Markdown it has the tables alone; as CSV, a line for each number.
            Results that rest on different data or prices are shown all the same, and the page says how they differ.
            """)

    @Argument(help: "Files that 'volley evaluate --json' wrote.") var results: [String]
    @Option(name: .shortAndLong, help: "The file to write: .html, .md or .csv.") var output: String
    @Option(help: "html, markdown or csv (default: what the output's name ends in).") var format: String?

    func run() throws {
        let format = try ReportOutput.format(format, of: output, "--output")
        let runs = try zip(ReportOutput.labels(results), results).map { Report.Run($0, try ResultFile.read($1)) }
        try OutputPath.check([output])
        let report = Report(runs)
        for difference in report.differences { Console.note("note: the results differ in \(difference)") }
        try AtomicFile.write(Array(report.text(format).utf8), to: output)
        try Console.out("\(output): \(runs.count) result\(runs.count == 1 ? "" : "s")")
    }
}

/// Where a report goes and what its runs are called.
enum ReportOutput {
    /// - Throws: ``CommandError`` where neither the option nor the file's name says a format.
    static func format(_ name: String? = nil, of path: String, _ option: String) throws -> ReportFormat {
        let all = ReportFormat.allCases.map(\.rawValue).joined(separator: ", ")
        if let name {
            guard let format = ReportFormat(rawValue: name) else { throw CommandError("--format is one of \(all); found '\(name)'") }
            return format
        }
        guard let format = ReportFormat(path: path) else {
            throw CommandError("\(option) names a file that ends in .html, .md or .csv; found '\(path)'")
        }
        return format
    }

    /// The files' names without folders and endings; whole paths where two are called the same.
    static func labels(_ paths: [String]) -> [String] {
        let names = paths.map { URL(filePath: $0).deletingPathExtension().lastPathComponent }
        return zip(names, paths).map { name, path in names.count { $0 == name } == 1 ? name : path }
    }
}
