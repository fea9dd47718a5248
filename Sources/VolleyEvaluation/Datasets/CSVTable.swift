import Foundation
import VolleyTensors

/// The cells of a file of comma-separated values as RFC 4180 describes them: quotes may enclose a cell, a quote inside is
/// written twice, lines end with LF or CRLF. A byte-order mark and empty lines are passed over.
struct CSVTable {
    /// A line with a number of cells, and where it begins in the file, counted from 1.
    struct Row {
        var line: Int
        var cells: [String]
    }

    let rows: [Row]

    /// The length of files that is read, in bytes.
    private static let maximumLength = 1 << 28

    init(path: String) throws {
        func failure(_ message: String, line: Int? = nil) -> EvaluationError {
            EvaluationError(
                .malformedDataset, message, context: .init(file: line.map { "\(path), line \($0)" } ?? path))
        }
        let file = try InputFile(path: path)
        guard file.count <= Self.maximumLength else {
            throw failure("The file has \(file.count) bytes; at most \(Self.maximumLength) are read.")
        }
        var bytes = try file.allBytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }

        var rows: [Row] = []
        var row = Row(line: 1, cells: [])
        var cell: [UInt8] = []
        var line = 1
        var isQuoted = false, wasQuoted = false
        func text() throws -> String {
            guard let text = String(validating: cell, as: UTF8.self) else { throw failure("The text is not UTF-8.", line: line) }
            return wasQuoted ? text : text.trimmingCharacters(in: .whitespaces)
        }
        func endCell() throws {
            row.cells.append(try text())
            cell = []
            wasQuoted = false
        }
        func endRow() throws {
            try endCell()
            if row.cells != [""] { rows.append(row) }
            row = Row(line: line + 1, cells: [])
        }
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            let next = index + 1 < bytes.endIndex ? bytes[index + 1] : nil
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && next == UInt8(ascii: "\""):
                cell.append(byte)
                index += 1
            case UInt8(ascii: "\"") where isQuoted: isQuoted = false
            case UInt8(ascii: "\"") where cell.allSatisfy({ $0 == UInt8(ascii: " ") }) && !wasQuoted:
                cell = []
                (isQuoted, wasQuoted) = (true, true)
            case UInt8(ascii: ",") where !isQuoted: try endCell()
            case UInt8(ascii: "\r") where !isQuoted && next == UInt8(ascii: "\n"): break
            case UInt8(ascii: "\n"):
                if isQuoted { cell.append(byte) } else { try endRow() }
                line += 1
            case UInt8(ascii: " ") where wasQuoted && !isQuoted: break
            default:
                guard !wasQuoted || isQuoted else {
                    throw failure("A cell goes on after its closing quote; a quote inside a cell is written twice.", line: line)
                }
                cell.append(byte)
            }
            index += 1
        }
        guard !isQuoted else { throw failure("A quote is never closed.", line: row.line) }
        if !cell.isEmpty || wasQuoted || !row.cells.isEmpty { try endRow() }
        self.rows = rows
    }
}
