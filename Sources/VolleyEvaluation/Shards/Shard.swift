/// One of several parts of an evaluation, which machines measure side by side; written as `2/4`.
///
/// Samples are dealt by what they are, not by where they stand: sorted by their digests and dealt like cards, so that shards are of one
/// size, whatever the order of classes. Where a network takes several samples at a time, these stay together.
public struct Shard: Sendable, Hashable, LosslessStringConvertible {
    /// From 1 on.
    public let index: Int
    public let count: Int

    /// More parts than any cluster has.
    public static let largestCount = 100_000

    /// nil where there is no such part.
    public init?(_ index: Int, of count: Int) {
        guard 1...Self.largestCount ~= count, 1...count ~= index else { return nil }
        (self.index, self.count) = (index, count)
    }

    public init?(_ description: String) {
        let parts = description.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1] else { return nil }
        self.init(index, of: count)
    }

    public var description: String { "\(index)/\(count)" }

    /// Which samples it holds, ascending.
    /// - Parameters:
    ///   - digests: of all samples; nil for one that cannot be opened.
    ///   - samplesPerRun: how many successive samples stay together.
    func samples(among digests: [SampleDigest?], samplesPerRun: Int) -> [Int] {
        let runs = stride(from: 0, to: digests.count, by: samplesPerRun).map { start in
            (digest: digests[start], start: start)
        }
        let sorted = runs.sorted { one, other in
            (one.digest?.hash ?? .max, one.digest?.byteCount ?? .max, one.start)
                < (other.digest?.hash ?? .max, other.digest?.byteCount ?? .max, other.start)
        }
        let dealt = stride(from: index - 1, to: sorted.count, by: count).map { sorted[$0].start }.sorted()
        return dealt.flatMap { $0..<min($0 + samplesPerRun, digests.count) }
    }
}

extension Shard: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let shard = Shard(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a shard is written as 2/4")
        }
        self = shard
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
