internal import Foundation

/// Where the spikes of a run go: trains by site, a table of events, or both.
public struct TraceOutput: Sendable {
    /// A folder that is made, or an `.npz` file that holds the trains under the sites' names.
    public var trains: String?
    /// An `.npy` file with a row for each spike (`NpyEventTable`); beside it, with `.json` for `.npy`, which site is which.
    public var events: String?
    /// Patterns of names of sites, in which `*` stands for any characters and `?` for one; none for all sites.
    public var patterns: [String]

    public init(trains: String?, events: String?, patterns: [String] = []) {
        (self.trains, self.events, self.patterns) = (trains, events, patterns)
    }

    private var isArchive: Bool { trains?.hasSuffix(".npz") ?? false }
    private var eventsIndex: String? { events.map { ($0.hasSuffix(".npy") ? String($0.dropLast(4)) : $0) + ".json" } }

    /// All files that are written, but not the folder.
    public var files: [String] { [isArchive ? trains : nil, events, eventsIndex].compactMap(\.self) }

    /// Looks at the paths and patterns before there is anything to lose.
    /// - Throws: `FormatError` (`writeFailed`); `SpikingError` for a pattern that no site has.
    public func check(for network: SpikingNetwork) throws {
        if let trains, !isArchive { try OutputFolder.check(trains) }
        _ = try sites(of: network)
    }

    /// The names of the sites that are traced, in the network's order.
    /// - Throws: `SpikingError` for a pattern that no site has.
    public func sites(of network: SpikingNetwork) throws -> [String] {
        let names = network.graph.nodes.filter(\.isNeuronSite).map(\.name)
        if patterns.isEmpty { return names }
        for pattern in patterns where !names.contains(where: { Glob.matches($0, pattern) }) {
            throw SpikingError(
                .badSettings,
                "no neuron site is called '\(pattern)'; there are \(names.count), such as \(names.prefix(8).map { "'\($0)'" }.joined(separator: ", "))"
            )
        }
        return names.filter { name in patterns.contains { Glob.matches(name, $0) } }
    }

    /// Runs a network whose spikes are watched, and writes what was asked for.
    /// - Parameter body: runs it with the tracing that it is handed.
    /// - Returns: what `body` returns, and how many spikes there were.
    /// - Throws: `SpikingError`, `FormatError`, what `body` throws; then nothing is left behind.
    public func write<Result>(
        _ simulator: any Simulator, inputs: BoundInputs, _ body: (SpikeTracing) throws -> Result
    ) throws -> (result: Result, spikes: Int) {
        func run(in folder: String) throws -> (Result, Int) {
            let files = try SpikeTrainFiles(simulator, sites: sites(of: simulator.network), inputs: inputs, in: folder)
            let result = try body(files.tracing)
            try files.finish(in: folder)
            if let events { try write(files, to: events) }
            if let trains, isArchive {
                try NpzArchive.write(files: files.index.sites.map { ($0.name, folder + "/" + $0.file!) }, to: trains)
            }
            return (result, files.spikes)
        }
        if let trains, !isArchive { return try OutputFolder.write(to: trains, run) }
        guard let file = trains ?? events else { preconditionFailure("somewhere for the spikes to go") }
        return try OutputFolder.withTemporary(beside: file, path: file, run)
    }

    private func write(_ files: SpikeTrainFiles, to path: String) throws {
        try NpyEventTable.write(rows: files.spikes, to: path) { table in
            try files.forEachSpike { try table.add(sample: $0, step: $1, site: $2, neuron: $3, level: $4) }
        }
        var index = files.index
        for site in index.sites.indices { index.sites[site].file = nil }
        try index.write(to: eventsIndex!)
    }
}

/// Patterns of names.
private enum Glob {
    /// Whether a whole text is as the pattern says: `*` stands for any characters, `?` for one.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let (text, pattern) = (Array(text), Array(pattern))
        // Whether the first so many characters match the pattern so far.
        var matching = [true] + [Bool](repeating: false, count: text.count)
        for part in pattern {
            var next = [Bool](repeating: false, count: text.count + 1)
            next[0] = part == "*" && matching[0]
            for end in 1..<text.count + 1 {
                next[end] = part == "*" ? matching[end] || next[end - 1] : matching[end - 1] && (part == "?" || part == text[end - 1])
            }
            matching = next
        }
        return matching[text.count]
    }
}
