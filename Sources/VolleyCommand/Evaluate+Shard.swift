import Foundation
import Volley

extension Evaluate {
    /// The part that is asked for, or that a scheduler gave to this process; nil for all samples.
    func chosenShard() throws -> Shard? {
        if shard == "none" { return nil }
        var chosen: Shard?
        if let shard {
            guard let stated = Shard(shard) else {
                throw CommandError(
                    "--shard is one of N parts, I/N with I in 1…N and N up to \(Shard.largestCount), such as 2/4, or none; found '\(shard)'")
            }
            chosen = stated
        } else if let found = try ShardEnvironment(ProcessInfo.processInfo.environment) {
            Console.note("note: shard \(found.shard), from \(found.source); --shard none measures all samples")
            chosen = found.shard
        }
        guard chosen != nil else { return nil }
        guard resume == nil else { throw CommandError("A shard keeps its progress in its own file and goes on from there: leave out --resume") }
        guard !sites else { throw CommandError("A shard prints no results: say --sites to 'volley merge'") }
        return chosen
    }

    /// Where a shard is kept: beside the results that it will be a part of.
    func file(of shard: Shard) throws -> String {
        guard let results = json ?? report else {
            throw CommandError("A shard is kept beside the results that it will be a part of: name these with --json RESULT.json")
        }
        return stem(of: results) + ".\(shard.index)-of-\(shard.count).shard"
    }

    /// A path without its ending.
    private func stem(of path: String) -> String {
        let ending = URL(filePath: path).pathExtension
        return ending.isEmpty ? path : String(path.dropLast(ending.count + 1))
    }

    /// Measures a shard into its file.
    func measure(_ run: ShardRun, _ spiking: SpikingNetwork, path: String) throws {
        var run = run
        if run.replacesFile { Console.note("note: \(path) is of another run or damaged, and is replaced") }
        if run.isFinished { Console.note("note: \(path) holds this shard already") } else { try checkOverlap(spiking, run.data) }
        let progress = ProgressLine("evaluating shard \(run.shard)")
        let skipped = try run.run { done, total in
            progress.update(done, total)
            if done < total {
                try Termination.check("\(done) of \(total) samples are measured; the same command goes on from there, from \(path)")
            }
        }
        Termination.finishChecks()
        for sample in skipped { Console.note("skipped: \(sample.name): \(sample.reason)") }
        let named = [("--json", json), ("--report", report)]
        let outputs = named.compactMap { option, path in path.map { "\(option) \(ShellText.quoted($0))" } }.joined(separator: " ")
        let (base, count) = (stem(of: json ?? report ?? path), run.shard.count)
        try Console.out("\(path): shard \(run.shard), \(run.count) samples" + (skipped.isEmpty ? "" : ", \(skipped.count) of them skipped"))
        try Console.out("When all \(count) shards are there: volley merge \(ShellText.quoted(base)).*-of-\(count).shard \(outputs)")
    }
}
