import Volley

/// What is said of a comparison that is done.
enum ComparisonText {
    /// Writes the JSON file, if one is asked for, and prints the table.
    /// - Parameter name: the model and the data.
    /// - Throws: `FormatError` where the file cannot be written.
    static func write(_ results: ComparisonResults, of name: String, json: String?) throws {
        // Where one of both cannot be written, the other one still is.
        let written = Result { if let json { try AtomicFile.write(try Console.json(results), to: json) } }
        for sample in results.skipped { Console.note("skipped: \(sample.name): \(sample.reason)") }
        try Console.out("\(name): \(results.samples) samples\n")
        try Console.out(ComparisonTable.text(results), terminator: "")
        try written.get()
    }
}
