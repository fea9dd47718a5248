import Foundation
import VolleyFormats
public import VolleyTensors

/// Labelled samples to calibrate with or to measure on: image files in class folders, or arrays.
///
/// `Dataset.open(_:)` says what is recognised. Image files are read when a sample is asked for; arrays are held in
/// memory.
public struct Dataset: Sendable {
    /// Where the data set was opened.
    public let path: String
    /// For class folders, what each label stands for.
    public let classNames: [String]?
    /// The class of each sample.
    public let labels: [Int]
    /// What was found, but is not part of the data set.
    public let diagnostics: [Diagnostic]
    let source: SampleSource
    /// Where each sample lies in the source.
    private let positions: [Int]

    init(
        path: String, source: SampleSource, labels: [Int], classNames: [String]? = nil, diagnostics: [Diagnostic] = []
    ) {
        self.init(
            path: path, source: source, labels: labels, positions: Array(labels.indices), classNames: classNames,
            diagnostics: diagnostics)
    }

    private init(
        path: String, source: SampleSource, labels: [Int], positions: [Int], classNames: [String]?,
        diagnostics: [Diagnostic]
    ) {
        self.path = path
        self.source = source
        self.labels = labels
        self.positions = positions
        self.classNames = classNames
        self.diagnostics = diagnostics
    }

    /// The number of samples.
    public var count: Int { labels.count }

    /// The last part of the path.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The largest label: a network that can be measured on this data set has more classes.
    public var maximumLabel: Int { labels.max() ?? 0 }

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

    /// What to call a sample in a message: the file's path in the folder, or `test.npz[17]`.
    public func sampleName(_ index: Int) -> String {
        switch source {
        case .files(_, let paths): paths[positions[index]]
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
            let reason = (error as? FormatError)?.message ?? (error as? FileError)?.message ?? "The file cannot be read: \(error.localizedDescription)"
            throw EvaluationError(
                .unreadableSample, reason, context: .init(file: path + "/" + sampleName(index)), underlying: error)
        }
    }

    /// A smaller data set of `count` samples, or this one if it has no more.
    ///
    /// Arrays keep their first samples. Files lie sorted by class, so there every class keeps its first files, the same
    /// number in each class as far as there are enough; what cannot be shared out evenly goes to the lowest labels. A
    /// prefix of a prefix is the prefix of the whole.
    /// - Precondition: `count` is not negative.
    public func prefix(_ count: Int) -> Dataset {
        precondition(count >= 0, "a prefix of \(count) samples")
        guard count < self.count else { return self }
        let kept: [Int]
        switch source {
        case .files: kept = Self.spread(count, over: labels)
        case .images, .values: kept = Array(0..<count)
        }
        return Dataset(
            path: path, source: source, labels: kept.map { labels[$0] }, positions: kept.map { positions[$0] },
            classNames: classNames, diagnostics: diagnostics)
    }

    /// The indices of `count` samples, ascending: the first of every label, then the second of every label, and so on.
    private static func spread(_ count: Int, over labels: [Int]) -> [Int] {
        var seen: [Int: Int] = [:]
        let ranked = labels.indices.map { index in
            let rank = seen[labels[index], default: 0]
            seen[labels[index]] = rank + 1
            return (rank: rank, label: labels[index], index: index)
        }
        return ranked.sorted { ($0.rank, $0.label, $0.index) < ($1.rank, $1.label, $1.index) }
            .prefix(count).map(\.index).sorted()
    }
}
