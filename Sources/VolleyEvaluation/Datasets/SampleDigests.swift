public import VolleyFormats
public import VolleyTensors

/// The digests of samples as they are fed to a network: small enough to keep with what was made from them, such as thresholds,
/// so that later nobody measures on the samples that were calibrated with, whichever files they come from.
///
/// Encodes as one string, the digests with spaces between them.
public struct SampleDigests: Hashable, Sendable, Codable, LosslessStringConvertible {
    public private(set) var digests: [SampleDigest]

    public init(_ digests: [SampleDigest] = []) { self.digests = digests }

    /// Adds those of a batch.
    /// - Parameter inputs: by input, arrays whose first axis counts the same samples.
    public mutating func add(_ inputs: [String: Tensor]) {
        let arrays = inputs.sorted { $0.key < $1.key }.map(\.value)
        digests += (0..<(arrays.first?.shape[0] ?? 0)).map { sample in
            SampleDigest(
                ofInputs: arrays.map { $0.values[sample * $0.shape.rowCount..<(sample + 1) * $0.shape.rowCount] })
        }
    }

    /// The names of the samples of a data set that are among these.
    ///
    /// Reads every sample. A sample is found whatever file it comes from, as long as the same numbers are fed to the network;
    /// networks of earlier versions keep digests of stored bytes, which are found as well.
    /// - Parameters:
    ///   - loader: hands out the data set; what it skips counts as not among these.
    ///   - progress: called with the samples looked at and in all.
    /// - Throws: `EvaluationError` naming a sample that cannot be read.
    public func overlap(
        with loader: BatchLoader, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> [String] {
        let known = Set(digests)
        let lengths = Set(digests.map(\.byteCount))
        let dataset = loader.dataset
        var shared: [String] = []
        while let batch = try loader.next() {
            let isKnown = try parallelRanges(batch.samples.count, threads: loader.threads) { _, range in
                try range.map { row in
                    let width = batch.inputs.shape.rowCount
                    if known.contains(SampleDigest(ofInputs: [batch.inputs.values[row * width..<(row + 1) * width]])) { return true }
                    let sample = batch.samples[row]
                    return try lengths.contains(dataset.byteCount(of: sample))
                        && known.contains(SampleDigest(of: dataset.bytes(of: sample)))
                }
            }.flatMap { $0 }
            progress(batch.indices.upperBound, dataset.count)
            shared += zip(batch.samples, isKnown).filter(\.1).map { dataset.sampleName($0.0) }
        }
        return shared
    }

    /// - Returns: nil where a part of the text is no digest.
    public init?(_ description: String) {
        let parts = description.split(separator: " ")
        digests = parts.compactMap { SampleDigest(String($0)) }
        if digests.count != parts.count { return nil }
    }

    public var description: String { digests.map(\.description).joined(separator: " ") }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digests = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "digests look like 3073:0123456789abcdef: \(text.prefix(40))")
        }
        self = digests
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Dataset {
    /// What tells this data set from others: the SHA-256 over one line `<digest> <label>` per sample, in order, with the
    /// digests of the samples' stored bytes.
    /// - Parameters:
    ///   - labels: the class of each sample, nil where none is needed.
    ///   - skipsUnreadable: a sample that cannot be opened has `-` for its digest, instead of an error.
    /// - Throws: `EvaluationError` naming a file that cannot be read.
    public func digest(labels: [Int]? = nil, skipsUnreadable: Bool = false, threads: Int) throws -> Digest {
        precondition(labels == nil || labels!.count == count, "\(labels!.count) labels for \(count) samples")
        return Self.digest(of: try sampleDigests(skipsUnreadable: skipsUnreadable, threads: threads), labels: labels)
    }

    /// The digests of the samples' stored bytes; nil for one that cannot be opened.
    /// - Throws: `EvaluationError` naming a file that cannot be read, unless these are skipped.
    func sampleDigests(skipsUnreadable: Bool, threads: Int) throws -> [SampleDigest?] {
        try parallelRanges(count, threads: threads) { _, range in
            try range.map { index in
                do {
                    return SampleDigest(of: try bytes(of: index))
                } catch {
                    guard skipsUnreadable else { throw error }
                    return nil
                }
            }
        }.flatMap { $0 }
    }

    static func digest(of digests: [SampleDigest?], labels: [Int]?) -> Digest {
        var hash = SHA256()
        for (index, digest) in digests.map({ $0?.description ?? "-" }).enumerated() {
            hash.update(Array((labels.map { "\(digest) \($0[index])\n" } ?? digest + "\n").utf8))
        }
        return hash.finalize()
    }
}
