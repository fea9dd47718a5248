import Foundation
import VolleyFormats
import VolleyTensors

/// A file that says which class each image of a folder is of: CSV with a header that names the columns `file`, relative to the
/// folder, and `class_index`, from 0, or `class`, a name. Where both are there, `class_index` counts; other columns do not.
struct LabelTable {
    let path: String
    private let hasIndices: Bool
    private let rows: [(line: Int, file: String, label: String)]

    init(path: String) throws {
        self.path = path
        let table = try CSVTable(path: path)
        let header = (table.rows.first?.cells ?? []).map { $0.lowercased() }
        let label = ["class_index", "class"].first(where: header.contains)
        guard let label, header.filter({ $0 == "file" }).count == 1, header.filter({ $0 == label }).count == 1 else {
            throw EvaluationError(
                .malformedDataset, "The first line names the columns.",
                context: .init(
                    file: path, expected: "'file,class' or 'file,class_index', further columns allowed",
                    found: table.rows.isEmpty ? "an empty file" : "'\(String(table.rows[0].cells.joined(separator: ",").prefix(80)))'"))
        }
        hasIndices = label == "class_index"
        let (fileColumn, labelColumn) = (header.firstIndex(of: "file")!, header.firstIndex(of: label)!)
        rows = try table.rows.dropFirst().map { row in
            guard row.cells.count == header.count, !row.cells[fileColumn].isEmpty, !row.cells[labelColumn].isEmpty else {
                throw EvaluationError(
                    .malformedDataset, "Every line needs a cell for each column, and a file and its class are never empty.",
                    context: .init(
                        file: "\(path), line \(row.line)", expected: "\(header.count) cells", found: "\(row.cells.count) cells"))
            }
            return (row.line, Self.plain(row.cells[fileColumn]), row.cells[labelColumn])
        }
    }

    /// A relative path without steps that lead nowhere.
    private static func plain(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        return path.hasPrefix("/") ? "/" + parts : parts
    }

    /// What the table says of some images.
    /// - Parameter images: paths relative to the folder.
    func annotation(of images: [String], in folder: FolderListing) throws -> (Annotation, [Diagnostic]) {
        var labels: [String: (line: Int, label: String)] = [:]
        for row in rows {
            if let earlier = labels.updateValue((row.line, row.label), forKey: row.file) {
                throw failure("The file '\(row.file)' stands in line \(earlier.line) too: one line for each.", row.line)
            }
        }
        let unlabelled = images.filter { labels[$0] == nil }
        guard unlabelled.count < images.count else {
            throw failure(
                "None of the images of \(folder.path) is in this file. The column 'file' holds paths relative to that folder.",
                expected: images.listed(3), found: rows.map(\.file).listed(3))
        }
        guard unlabelled.isEmpty else {
            throw failure(
                "\(unlabelled.count) of the \(images.count) images of \(folder.path) are not in this file: add a line for each.",
                found: "no line for \(unlabelled.listed())")
        }
        var diagnostics: [Diagnostic] = []
        let known = Set(images)
        let absent = rows.filter { !known.contains($0.file) }
        if let row = absent.first(where: { FileManager.default.fileExists(atPath: folder.path(of: $0.file)) }) {
            throw failure(
                "The file '\(row.file)' is none that is read: images end in \(ImageFolder.imageExtensions.joined(separator: ", ")).", row.line)
        }
        if !absent.isEmpty {
            diagnostics.append(
                Diagnostic(path, "\(absent.count) of its files are not in \(folder.path): \(absent.map(\.file).listed())."))
        }
        guard hasIndices else { return (.names(images.map { labels[$0]!.label }, .table(path: path)), diagnostics) }
        let indices = try images.map { image in
            let (line, text) = labels[image]!
            guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let index = Int(text) else {
                throw failure(
                    "A class index is a whole number from 0; names of classes stand in a column 'class'.", line,
                    found: "'\(text.prefix(40))'")
            }
            return index
        }
        return (.indices(indices, classes: nil), diagnostics)
    }

    private func failure(
        _ message: String, _ line: Int? = nil, expected: String? = nil, found: String? = nil
    ) -> EvaluationError {
        EvaluationError(
            .malformedDataset, message,
            context: .init(file: line.map { "\(path), line \($0)" } ?? path, expected: expected, found: found))
    }
}
