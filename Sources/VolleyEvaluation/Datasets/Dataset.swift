import Foundation
import VolleyFormats
public import VolleyTensors

/// Samples to calibrate with or to measure on: image files in folders or archives, or arrays.
///
/// `Dataset.open(_:_:)` says what is recognised, `Dataset(_:labels:name:)` takes arrays of a program. Image files are read when a sample is asked for; arrays are held in
/// memory. What the data says about classes is bound to a network's outputs by `labels(for:)`; calibration needs none.
public struct Dataset: Sendable {
    /// Where the data set was opened; what it was called, where it is in memory.
    public let path: String
    /// What was found at the path, but is not part of the data set.
    public internal(set) var diagnostics: [Diagnostic]
    let source: SampleSource
    /// What the data says about the class of each sample, in the order of the samples.
    let annotation: Annotation
    /// Where each sample lies in the source.
    private let positions: [Int]

    init(path: String, source: SampleSource, annotation: Annotation, diagnostics: [Diagnostic] = []) {
        self.init(
            path: path, source: source, annotation: annotation, positions: Array(0..<source.count), diagnostics: diagnostics)
    }

    private init(
        path: String, source: SampleSource, annotation: Annotation, positions: [Int], diagnostics: [Diagnostic]
    ) {
        self.path = path
        self.source = source
        self.annotation = annotation
        self.positions = positions
        self.diagnostics = diagnostics
    }

    /// The number of samples.
    public var count: Int { positions.count }

    /// The last part of the path.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The shape of one sample where samples are fed as they are; nil where they are images to be preprocessed.
    public var sampleShape: Shape? {
        guard case .values(let tensor) = source else { return nil }
        return Shape(Array(tensor.shape.dimensions.dropFirst()))
    }

    /// One sample, read and decoded.
    /// - Throws: `EvaluationError` naming the file, when it is one and cannot be read or decoded.
    public func sample(_ index: Int) throws -> Sample {
        try reading(index) { try source.sample(at: $0) }
    }

    /// What to call a sample in a message: the file's path in the folder, its archive and name there, or `test.npz[17]`.
    public func sampleName(_ index: Int) -> String {
        switch source {
        case .files(_, let paths): paths[positions[index]]
        case .archived(let shards): shards.name(at: positions[index])
        case .images, .values: "\(name)[\(positions[index])]"
        }
    }

    /// The stored bytes of one sample: the whole file, or the elements of an array.
    func bytes(of index: Int) throws -> [UInt8] { try reading(index) { try source.bytes(at: $0) } }

    /// The number of those bytes, without reading them.
    func byteCount(of index: Int) throws -> Int { try reading(index) { try source.byteCount(at: $0) } }

    private func reading<Result>(_ index: Int, _ body: (_ position: Int) throws -> Result) throws -> Result {
        do {
            return try body(positions[index])
        } catch {
            let reason =
                (error as? FormatError)?.message ?? (error as? FileError)?.message ?? "The file cannot be read: \(error.localizedDescription)"
            throw EvaluationError(
                .unreadableSample, reason, context: .init(file: path + "/" + sampleName(index)), underlying: error)
        }
    }

    /// A smaller data set of `count` samples, or this one if it has no more.
    ///
    /// Arrays and archives keep their first samples. Files lie sorted by class, so there every class keeps its first files, the same
    /// number in each class as far as there are enough; what cannot be shared out evenly goes to the first classes. A
    /// prefix of a prefix is the prefix of the whole.
    /// - Precondition: `count` is not negative.
    public func prefix(_ count: Int) -> Dataset {
        precondition(count >= 0, "a prefix of \(count) samples")
        guard count < self.count else { return self }
        let kept: [Int]
        switch source {
        case .files: kept = Self.spread(count, over: annotation.groups(of: self.count))
        case .archived, .images, .values: kept = Array(0..<count)
        }
        return selecting(kept)
    }

    /// Some of the samples, in the order of their indices here.
    /// - Precondition: there are samples of these indices.
    public func selecting(_ indices: [Int]) -> Dataset {
        Dataset(
            path: path, source: source, annotation: annotation.selecting(indices), positions: indices.map { positions[$0] },
            diagnostics: diagnostics)
    }

    /// What tells a sample from others: the digest of its stored bytes, or of its name where it cannot be opened.
    public func identity(of index: Int) -> SampleDigest { SampleDigest(of: (try? bytes(of: index)) ?? Array(sampleName(index).utf8)) }

    /// The indices of `count` samples, ascending: the first of every group, then the second of every group, and so on.
    private static func spread(_ count: Int, over groups: [Int]) -> [Int] {
        var seen: [Int: Int] = [:]
        let ranked = groups.indices.map { index in
            let rank = seen[groups[index], default: 0]
            seen[groups[index]] = rank + 1
            return (rank: rank, group: groups[index], index: index)
        }
        return ranked.sorted { ($0.rank, $0.group, $0.index) < ($1.rank, $1.group, $1.index) }
            .prefix(count).map(\.index).sorted()
    }
}
