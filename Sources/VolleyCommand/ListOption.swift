import Volley

/// What `--methods` and `--steps` hold: lists with commas between their parts.
enum ListOption {
    /// Methods as NAME or NAME:setting=value:setting=value. A number behind a comma goes on with the value before it, as in dead-zone=0.1,0.03.
    /// - Throws: ``CommandError`` for what is written otherwise or twice; `ConversionError` for methods and settings that there are not.
    static func methods(_ text: String) throws -> [MethodCandidate] {
        var labels: Set<String> = []
        let parts = text.filter { $0 != " " }.split(separator: ",", omittingEmptySubsequences: false)
        let written = parts.reduce(into: [String]()) { written, part in
            if Double(part) != nil, let last = written.last, last.contains("=") {
                written[written.count - 1] = last + "," + part
            } else {
                written.append(String(part))
            }
        }
        return try written.map { label in
            guard labels.insert(label).inserted else { throw CommandError("--methods names '\(label)' twice") }
            return try MethodCandidate.parsed(label)
        }
    }

    /// Time-steps, ascending.
    /// - Throws: ``CommandError`` for what is no number in the range.
    static func steps(_ text: String) throws -> [Int] {
        let steps = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0.filter { $0 != " " }) }
        guard !steps.isEmpty, !steps.contains(nil) else {
            throw CommandError("--steps takes whole numbers with commas between them, such as 1,2,4,8; found '\(text)'")
        }
        for step in steps { try OptionRange.check("--steps", step, OptionRange.steps) }
        return Set(steps.compactMap(\.self)).sorted()
    }
}
