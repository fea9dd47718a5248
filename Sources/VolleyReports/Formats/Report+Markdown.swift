extension Report {
    /// Text and tables, as GitHub and most programs read them; drawings are left out, for tables hold their numbers.
    public var markdown: String {
        var lines = ["# \(Self.escaped(title))", ""]
        for section in sections {
            lines += ["## \(Self.escaped(section.title))", ""]
            for block in section.blocks { lines += Self.markdown(block) }
        }
        return lines.joined(separator: "\n")
    }

    private static func markdown(_ block: ReportSection.Block) -> [String] {
        switch block {
        case .text(let text): return [escaped(text), ""]
        case .notice(let text): return ["> **Note.** " + escaped(text), ""]
        case .figures(let figures): return figures.map { "- **\(escaped($0.value))** \(escaped($0.meaning))" } + [""]
        case .charts: return []
        case .table(let table):
            func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
            let titles = table.columns.map { column in escaped((column.group.map { $0 + ": " } ?? "") + column.title) }
            return (table.caption.map { ["**\(escaped($0))**", ""] } ?? [])
                + [row(titles), row(table.columns.map { $0.kind == .number ? "---:" : "---" })] + table.rows.map { row($0.map { escaped($0.text) }) }
                + [""]
        }
    }

    /// With nothing in it that Markdown would take for its own.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            if character.isNewline {
                result += " "
            } else {
                if "\\`*_[]<>|#".contains(character) { result += "\\" }
                result.append(character)
            }
        }
        return result
    }
}
