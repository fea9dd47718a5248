import Foundation
import Volley

/// The processes that calibrate a network together, as a command was told or as MPI started them.
final class CalibrationTeams {
    private let shard: Shard?
    private let ranks: MessagePassing?
    private let output: String
    private var files: CalibrationFiles?
    private var noted: [Int] = []

    /// - Parameters:
    ///   - shard: `I/N`, `none`, or nil for the place of a rank of MPI.
    ///   - output: the network that will be written.
    init(_ shard: String?, besides output: String) throws {
        self.output = output
        self.shard = try shard.flatMap { $0 == "none" ? nil : try ShardOption.shard($0) }
        let found = try shard == nil ? MessagePassing(ProcessInfo.processInfo.environment) : nil
        if let found, found.count == 1 { found.finish() }
        ranks = found.flatMap { $0.count > 1 ? $0 : nil }
    }

    /// This process among them; nil where it is alone.
    func member(_ conversion: Digest) -> (any CalibrationTeam)? {
        if let ranks { return ranks }
        files = shard.map { CalibrationFiles($0, base: ShardOption.stem(of: output), conversion: conversion, waiting: wait) }
        return files
    }

    private func wait(for missing: [Int]) throws {
        if missing != noted {
            Console.note("waiting for \(missing.count == 1 ? "shard" : "shards") \(missing.map(String.init).joined(separator: ", "))")
            noted = missing
        }
        try Termination.check("nothing is written")
    }

    /// Waits for the others.
    /// - Returns: whether this process writes the network.
    func finish() throws -> Bool {
        try files?.finish()
        let place = ranks?.rank ?? shard.map { $0.index - 1 } ?? 0
        if place > 0 {
            if let shard { try Console.out("shard \(shard) has said all that it observed; shard 1/\(shard.count) writes \(output)") }
            ranks?.finish()
        }
        return place == 0
    }

    /// The network is written.
    func close() {
        files?.remove()
        ranks?.finish()
    }
}
