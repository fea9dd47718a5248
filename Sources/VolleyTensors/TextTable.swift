/// A table for people: every column is as wide as its widest cell, texts stand on the left and numbers on the right.
///
/// Widths are columns of a terminal. A character of East Asian scripts takes two of them (Unicode Standard Annex 11), and so does a
/// picture; letters with combining marks are one character. Control characters, which could move the cursor, are shown as `�`.
public struct TextTable: Sendable {
    public struct Column: Sendable {
        var title: String
        var group: String?
        var isNumber: Bool

        /// A column of words.
        /// - Parameter group: a title that neighbouring columns with the same group share; it stands above theirs.
        public static func text(_ title: String, in group: String? = nil) -> Column {
            Column(title: title, group: group, isNumber: false)
        }

        /// A column of numbers, or of numbers with units.
        public static func number(_ title: String, in group: String? = nil) -> Column {
            Column(title: title, group: group, isNumber: true)
        }
    }

    private static let gap = "  "

    private let columns: [Column]
    private var rows: [[String]]

    /// - Parameter rows: a cell for each column.
    public init(_ columns: [Column], rows: [[String]] = []) {
        self.columns = columns
        self.rows = []
        for row in rows { append(row) }
    }

    /// - Precondition: there is a cell for each column.
    public mutating func append(_ row: [String]) {
        precondition(row.count == columns.count, "\(row.count) cells for \(columns.count) columns")
        rows.append(row.map(Self.printable))
    }

    /// The titles and the rows; no line ends with a space.
    public var lines: [String] {
        let titles = columns.map { Self.printable($0.title) }
        var widths = columns.indices.map { column in ([titles] + rows).map { Self.width($0[column]) }.max()! }
        let spans = groups
        for span in spans {
            let missing = Self.width(span.title) - Self.width(of: span.columns, widths)
            widths[span.columns.lowerBound] += max(0, missing)
        }
        var lines = ([titles] + rows).map { row in
            columns.indices.map { columns[$0].isNumber ? Self.right(row[$0], widths[$0]) : Self.left(row[$0], widths[$0]) }
        }
        if spans.contains(where: { !$0.title.isEmpty }) {
            lines.insert(spans.map { title($0.title, over: $0.columns, widths) }, at: 0)
        }
        return lines.map { Self.trimmed($0.joined(separator: Self.gap)) }
    }

    /// ``lines``, each with an end.
    public var text: String { lines.map { $0 + "\n" }.joined() }

    /// The title of several columns stands in their middle, that of one column where its cells stand.
    private func title(_ title: String, over span: Range<Int>, _ widths: [Int]) -> String {
        let width = Self.width(of: span, widths)
        if span.count > 1 { return Self.left(Self.right(title, (width + Self.width(title)) / 2), width) }
        return columns[span.lowerBound].isNumber ? Self.right(title, width) : Self.left(title, width)
    }

    /// Neighbours that share a title, and every other column alone.
    private var groups: [(title: String, columns: Range<Int>)] {
        var groups: [(title: String, columns: Range<Int>)] = []
        for (index, column) in columns.enumerated() {
            if index > 0, let group = column.group, group == columns[index - 1].group {
                groups[groups.count - 1].columns = groups[groups.count - 1].columns.lowerBound..<index + 1
            } else {
                groups.append((Self.printable(column.group ?? ""), index..<index + 1))
            }
        }
        return groups
    }

    private static func width(of columns: Range<Int>, _ widths: [Int]) -> Int {
        widths[columns].reduce(0, +) + (columns.count - 1) * gap.count
    }
}

/// What tables are made of.
extension TextTable {
    /// A whole number with its digits in groups of three.
    public static func grouped(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: " ")
    }

    /// A number with so many digits behind the point, rounded half away from zero.
    public static func fixed(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        // Beyond 2⁵³ there are no digits behind the point.
        guard abs(value) * scale < 0x1p53 else { return "\(value)" }
        let digits = String(Int((abs(value) * scale).rounded()))
        let sign = value < 0 && digits.contains { $0 != "0" } ? "-" : ""
        guard places > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return sign + padded.dropLast(places) + "." + padded.suffix(places)
    }

    /// Columns of a terminal that a text takes.
    public static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

    /// The text with spaces behind it.
    public static func left(_ text: String, _ width: Int) -> String { text + space(text, width) }

    /// The text with spaces before it.
    public static func right(_ text: String, _ width: Int) -> String { space(text, width) + text }

    private static func space(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - self.width(text)))
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }

    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
    }

    private static func width(_ character: Character) -> Int {
        let first = character.unicodeScalars.first!
        return first.properties.isEmojiPresentation || wide.contains { $0.contains(first.value) } ? 2 : 1
    }

    /// Blocks whose characters are wide: Hangul, kana, ideographs, full-width forms.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6B,
        0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1B000...0x1B2FF, 0x20000...0x3FFFD,
    ]
}
