public import VolleyFormats
import VolleyTensors

/// The digests of a data set's samples, in order: small enough to keep with what was made from them, such as thresholds,
/// so that later nobody measures on the samples that were calibrated with.
///
/// Encodes as one string, the digests with spaces between them.
public struct SampleDigests: Hashable, Sendable, Codable {
    public let digests: [SampleDigest]

    public init(_ digests: [SampleDigest]) { self.digests = digests }

    /// Reads every sample.
    /// - Throws: `EvaluationError` naming a file that cannot be read.
    public init(of dataset: Dataset, threads: Int) throws {
        digests = try parallelRanges(dataset.count, threads: threads) { _, range in
            try range.map { SampleDigest(of: try dataset.bytes(of: $0)) }
        }.flatMap { $0 }
    }

    /// The names of the samples of another data set whose stored bytes are those of one of these samples.
    ///
    /// Reads only samples whose length occurs here. The same picture stored in two formats is not recognised.
    /// - Throws: `EvaluationError` naming a file that cannot be read.
    public func overlap(with dataset: Dataset, threads: Int) throws -> [String] {
        let known = Set(digests)
        let lengths = Set(digests.map(\.byteCount))
        return try parallelRanges(dataset.count, threads: threads) { _, range in
            try range.filter { index in
                guard lengths.contains(try dataset.byteCount(of: index)) else { return false }
                return known.contains(SampleDigest(of: try dataset.bytes(of: index)))
            }.map(dataset.sampleName)
        }.flatMap { $0 }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        digests = try container.decode(String.self).split(separator: " ").map { text in
            if let digest = SampleDigest(String(text)) { return digest }
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a sample's digest, as in 3073:0123456789abcdef: \(text.prefix(40))")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(digests.map(\.description).joined(separator: " "))
    }
}

extension Dataset {
    /// What tells this data set from others: the SHA-256 over one line `<digest> <label>` per sample, in order.
    /// - Parameter digests: Those of this data set's samples.
    /// - Precondition: there is one digest per sample.
    public func digest(of digests: SampleDigests) -> Digest {
        precondition(digests.digests.count == count, "\(digests.digests.count) digests for \(count) samples")
        var hash = SHA256()
        for (digest, label) in zip(digests.digests, labels) { hash.update(Array("\(digest) \(label)\n".utf8)) }
        return hash.finalize()
    }

    /// The same, reading every sample.
    /// - Throws: `EvaluationError` naming a file that cannot be read.
    public func digest(threads: Int) throws -> Digest { digest(of: try SampleDigests(of: self, threads: threads)) }
}
