import Foundation
import Volley

extension Evaluate {
    /// The part that is to be measured; nil for all samples.
    func chosenShard() throws -> ShardOption.Chosen? {
        guard let chosen = try shardOption.chosen() else { return nil }
        guard resume == nil else { throw CommandError("A shard keeps its progress in its own file and goes on from there: leave out --resume") }
        guard !sites else { throw CommandError("A shard prints no results: say --sites to 'volley merge'") }
        return chosen
    }

    /// Where a shard is kept: beside the results that it will be a part of.
    func file(of shard: Shard) throws -> String {
        guard let results = json ?? report else {
            throw CommandError("A shard is kept beside the results that it will be a part of: name these with --json RESULT.json")
        }
        return ShardOption.stem(of: results) + ".\(shard.index)-of-\(shard.count).shard"
    }

    /// Measures a shard into its file; where MPI started the shards together, the first one joins them.
    func measure(_ run: ShardRun, _ spiking: SpikingNetwork, path: String, isAssigned: Bool) throws {
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
        if isAssigned, let ranks = ranks(of: run.shard) { return try gather(path, ranks) }
        for sample in skipped { Console.note("skipped: \(sample.name): \(sample.reason)") }
        let named = [("--json", json), ("--report", report)]
        let outputs = named.compactMap { option, path in path.map { "\(option) \(ShellText.quoted($0))" } }.joined(separator: " ")
        let (base, count) = (ShardOption.stem(of: json ?? report ?? path), run.shard.count)
        try Console.out("\(path): shard \(run.shard), \(run.count) samples" + (skipped.isEmpty ? "" : ", \(skipped.count) of them skipped"))
        try Console.out("When all \(count) shards are there: volley merge \(ShellText.quoted(base)).*-of-\(count).shard \(outputs)")
    }

    /// The processes that measure all shards, where MPI started just these.
    private func ranks(of shard: Shard) -> MessagePassing? {
        do {
            guard let ranks = try MessagePassing(ProcessInfo.processInfo.environment) else { return nil }
            if ranks.count == shard.count, ranks.rank == shard.index - 1 { return ranks }
            ranks.finish()
        } catch {
            Console.note("note: the shards stay in files. \(error)")
        }
        return nil
    }

    /// Brings the shards of all ranks to the first one, which joins them. A shard's file is removed once the results are out.
    private func gather(_ path: String, _ ranks: MessagePassing) throws {
        if ranks.rank > 0 {
            ranks.send(try InputFile(path: path).allBytes, to: 0)
            _ = ranks.receive(from: 0)
        } else {
            let results = try OutputFolder.withTemporary(beside: path, path: path) { folder in
                let received = try (1..<ranks.count).map { rank in
                    let file = "\(folder)/\(rank + 1)-of-\(ranks.count).shard"
                    try AtomicFile.write(ranks.receive(from: rank), to: file)
                    return file
                }
                return try ShardFiles.merge([path] + received)
            }
            try ResultsText.write(
                results, of: "\(network) on \(data), by \(ranks.count) processes", label: ReportOutput.labels([network])[0], json: json,
                report: report, sites: sites)
            for rank in 1..<ranks.count { ranks.send([], to: rank) }
        }
        TemporaryFiles.remove(path)
        ranks.finish()
    }
}
