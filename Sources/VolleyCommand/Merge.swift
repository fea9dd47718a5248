import ArgumentParser
import Volley

struct Merge: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Joins the shards of an evaluation, or of a comparison, to the results of one run.",
        discussion: """
            Shards are what 'volley evaluate --shard I/N' writes, on as many machines as there are:
              volley evaluate vit.volley test --steps 8 --json vit.json --shard 1/4
              volley merge vit.*-of-4.shard --json vit.json
            The JSON is byte for byte what one run writes, but for the milliseconds per sample of --early-exit: these are the mean over all \
            machines. The order of the files does not matter. Missing, unfinished and overlapping shards are refused, and those of different \
            networks, data, settings or versions.
            Shards of a comparison, what 'volley compare --shard I/N' writes, are joined by their files that end in .comparison; those of its \
            methods stand beside them:
              volley merge all.*-of-4.comparison --json all.json
            """)

    @Argument(help: "The files of all shards.") var shards: [String]
    @Option(help: "Also write everything that was measured to this JSON file.") var json: String?
    @Option(help: "Also write a report: .html, .md or .csv, see 'volley report'.") var report: String?
    @Flag(help: "Print firing rates and level shares of every neuron site too.") var sites = false

    func run() throws {
        if let report { _ = try ReportOutput.format(of: report, "--report") }
        if shards.contains(where: { $0.hasSuffix(ComparisonShard.ending) }) { return try mergeComparison() }
        let results = try ShardFiles.merge(shards)
        guard results.exits == nil || !sites else { throw CommandError("Early exit counts no spikes by site: leave out --sites") }
        try OutputPath.check([json, report])
        let name = results.settings.data ?? "data"
        try ResultsText.write(
            results, of: "\(name), from \(shards.count) shards", label: ReportOutput.labels([json ?? report ?? name])[0], json: json, report: report,
            sites: sites)
    }

    private func mergeComparison() throws {
        guard report == nil, !sites else { throw CommandError("Of a comparison there is a table and --json: leave out --report and --sites") }
        let results = try ComparisonShard.merge(shards)
        try OutputPath.check([json])
        let name = [results.model ?? "model", results.settings.data ?? "data"].joined(separator: " on ")
        try ComparisonText.write(results, of: "\(name), from \(shards.count) shards", json: json)
    }
}
