internal import Foundation

/// Shards of a calibration that hand each other what they observed through files in one folder, so that they need nothing but a shared disk.
///
/// Each writes a file for every exchange and waits for those of the others. The files stay until the first shard has written the network, so
/// a shard that was killed begins anew and finds what the others said.
public final class CalibrationFiles: CalibrationTeam {
    struct Subject: Codable, Sendable, Hashable {
        var shard: Shard
        var conversion: String
        var exchange: Int
    }

    private typealias File = ProgressFile<Subject, Data>

    private static var kind: File.Kind { .init(title: "volley calibration", name: "calibration") }
    private static let pause: TimeInterval = 0.05

    private let shard: Shard
    private let base: String
    private let conversion: String
    private let waiting: (_ missing: [Int]) throws -> Void
    private var exchanges = 0

    /// - Parameters:
    ///   - base: how the paths of all files begin.
    ///   - conversion: of which conversion they are.
    ///   - waiting: called again and again while shards are missing, with their numbers; what it throws ends the wait.
    public init(_ shard: Shard, base: String, conversion: Digest, waiting: @escaping (_ missing: [Int]) throws -> Void) {
        (self.shard, self.base, self.conversion, self.waiting) = (shard, base, conversion.hexadecimal, waiting)
    }

    public var index: Int { shard.index - 1 }
    public var count: Int { shard.count }

    /// - Throws: `EvaluationError` (`shards`) where a file is of another conversion, or damaged; `FormatError` where a file cannot be written;
    ///   what waiting throws.
    public func share(_ bytes: [UInt8]) throws -> [[UInt8]] {
        try write(bytes)
        return try (1..<count + 1).map { try read($0) }
    }

    /// Says that this shard needs nothing more; the first one waits until all have said so.
    /// - Throws: as ``share(_:)`` does.
    public func finish() throws {
        if shard.index > 1 { return try write([]) }
        exchanges += 1
        for other in (1..<count + 1).dropFirst() { _ = try read(other) }
    }

    /// Removes the files of all shards. The first shard calls it, when the network is written.
    public func remove() {
        for exchange in 1..<exchanges + 1 {
            for index in 1..<count + 1 { TemporaryFiles.remove(path(index, exchange)) }
        }
    }

    private func path(_ index: Int, _ exchange: Int) -> String { "\(base).calibration-\(exchange).\(index)-of-\(count).shard" }

    private func subject(_ index: Int) -> Subject { Subject(shard: Shard(index, of: count)!, conversion: conversion, exchange: exchanges) }

    private func write(_ bytes: [UInt8]) throws {
        exchanges += 1
        try File.write(Data(bytes), of: subject(shard.index), to: path(shard.index, exchanges), Self.kind)
    }

    private func read(_ index: Int) throws -> [UInt8] {
        let path = path(index, exchanges)
        while !FileManager.default.fileExists(atPath: path) {
            try waiting((1..<count + 1).filter { !FileManager.default.fileExists(atPath: self.path($0, exchanges)) })
            Thread.sleep(forTimeInterval: Self.pause)
        }
        func failure(_ problem: String) -> EvaluationError { EvaluationError(.shards, problem, context: .init(file: path)) }
        do {
            let (found, data) = try File.contents(of: path, Self.kind)
            guard found == subject(index) else {
                throw failure(
                    "This is what a shard of another conversion observed: of another model, other data, another method or settings. Remove it.")
            }
            return [UInt8](data)
        } catch is File.Problem {
            throw failure("This is not what a shard of this version observed, or it is damaged. Remove it.")
        }
    }
}
