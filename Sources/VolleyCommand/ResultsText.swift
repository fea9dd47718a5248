import Volley

/// What is printed of results.
enum ResultsText {
    /// - Parameter sites: whether firing rates of every site are shown too.
    static func show(_ results: Results, of title: String, sites: Bool) throws {
        for sample in results.skipped { Console.note("skipped: \(sample.name): \(sample.reason)") }
        try Console.out("\(title): \(results.samples) samples" + (results.skipped.isEmpty ? "" : ", \(results.skipped.count) skipped") + "\n")
        try Console.out(ResultsTable.text(results))
        if sites { try Console.out(ResultsTable.sites(results, samples: results.samples)) }
        for note in results.reading?.notes ?? [] { try Console.out(note) }
        for caveat in results.provenance.caveats { try Console.out(caveat) }
        if let error = results.weightError {
            try Console.out((error.annOutputs == nil ? "With " : "On the first 32 samples, ") + error.summary + ".")
        }
        if !results.comparesWithANN { try Console.out("The ANN was left out: only its costs are known here, not its answers.") }
        try Console.out("In floating point, not spikes: \(results.floatingPointOperators.joined(separator: ", ")).")
    }

    /// Writes results as JSON and as a report, each where it is asked for, and prints them; where one of these fails, the others still happen.
    /// - Parameter label: what the report calls them.
    static func write(_ results: Results, of title: String, label: String, json: String?, report: String?, sites: Bool) throws {
        let format = try report.map { try ReportOutput.format(of: $0, "--report") }
        let written = Result { if let json { try AtomicFile.write(try Console.json(results), to: json) } }
        let reported = Result {
            guard let report, let format else { return }
            try AtomicFile.write(Array(Report([.init(label, results)]).text(format).utf8), to: report)
        }
        try show(results, of: title, sites: sites)
        try written.get()
        try reported.get()
    }
}
