import ArgumentParser
import Foundation
import Volley

/// Which of several parts is measured.
struct ShardOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Measure one of N parts, to join by 'volley merge' (default: the part of a task of Slurm, Kubernetes, Open MPI or PMI; none: all samples).",
            valueName: "I/N"))
    var shard: String?

    /// A part of the samples, and who chose it.
    struct Chosen {
        var shard: Shard
        /// Whether a scheduler gave it to this process.
        var isAssigned: Bool
    }

    /// The part that is asked for, or that a scheduler gave to this process; nil for all samples.
    func chosen() throws -> Chosen? {
        if shard == "none" { return nil }
        if let shard { return Chosen(shard: try Self.shard(shard), isAssigned: false) }
        guard let found = try ShardEnvironment(ProcessInfo.processInfo.environment) else { return nil }
        Console.note("note: shard \(found.shard), from \(found.source); --shard none measures all samples")
        return Chosen(shard: found.shard, isAssigned: true)
    }

    /// A part as it is written.
    static func shard(_ text: String) throws -> Shard {
        guard let shard = Shard(text) else {
            throw CommandError(
                "--shard is one of N parts, I/N with I in 1…N and N up to \(Shard.largestCount), such as 2/4, or none; found '\(text)'")
        }
        return shard
    }

    /// A path without its ending.
    static func stem(of path: String) -> String {
        let ending = URL(filePath: path).pathExtension
        return ending.isEmpty ? path : String(path.dropLast(ending.count + 1))
    }
}
