internal import VolleyFormats
internal import VolleyGraph
public import VolleyTensors

/// What a network is measured on: samples for its inputs, and whatever labels and masks there are beside them.
public struct EvaluationData: Sendable {
    enum Source: Sendable {
        /// Images or arrays for the only input, preprocessed where they are images.
        case dataset(Dataset)
        /// Arrays named like the inputs, fed as they are.
        case arrays(NamedArrays, Annotation)
    }

    /// An array with a row for every sample.
    struct Rows: Sendable {
        var name: String
        var array: Tensor
    }

    private(set) var source: Source
    /// The labels as an array, or why there are none.
    let labels: Result<Rows, EvaluationError>
    /// Which positions of a sample count, where the data says so.
    let mask: Rows?

    /// Arrays named like a network's inputs, in memory or from a file, and what is measured with them.
    /// - Parameters:
    ///   - labels: classes `[N]` or one-hot `[N, classes]`, or whatever else a task reads, such as a class for every position.
    ///   - mask: `[N, …]`, 1 for each position that counts and 0 elsewhere.
    /// - Throws: ``EvaluationError`` where labels or mask have another number of rows than there are samples.
    public init(_ arrays: NamedArrays, labels: Tensor? = nil, mask: Tensor? = nil) throws {
        for (name, array) in [("labels", labels), ("mask", mask)] {
            guard let shape = array?.shape, shape.dimensions.first != arrays.count else { continue }
            throw EvaluationError(
                .malformedDataset, "The \(name) need a row for each of \(arrays.count) samples.",
                context: .init(file: arrays.path, expected: "[\(arrays.count), …]", found: "\(shape)"))
        }
        let missing = EvaluationError(
            .malformedDataset, "No labels were given for these arrays.",
            context: .init(file: arrays.path, expected: "labels with a row for each of \(arrays.count) samples"))
        let rows = labels.map { Result<Rows, EvaluationError>.success(Rows(name: "labels", array: $0)) } ?? .failure(missing)
        self.init(
            .arrays(arrays, Self.annotation(rows, samples: arrays.count, path: arrays.path)), labels: rows,
            mask: mask.map { Rows(name: "mask", array: $0) })
    }

    /// Samples of a data set, with the classes that it knows.
    public init(_ dataset: Dataset) {
        self.init(
            .dataset(dataset),
            labels: .failure(
                EvaluationError(
                    .malformedDataset, "These labels are classes of samples, and none that this task reads.",
                    context: .init(file: dataset.path, expected: "an .npz file with an array of labels"))), mask: nil)
    }

    init(_ source: Source, labels: Result<Rows, EvaluationError>, mask: Rows?) {
        (self.source, self.labels, self.mask) = (source, labels, mask)
    }

    /// Where they are samples for an only input; nil where they are arrays.
    public var dataset: Dataset? { if case .dataset(let dataset) = source { dataset } else { nil } }
    /// Where they are arrays named like the inputs.
    public var arrays: NamedArrays? { if case .arrays(let arrays, _) = source { arrays } else { nil } }

    public var path: String {
        switch source {
        case .dataset(let dataset): dataset.path
        case .arrays(let arrays, _): arrays.path
        }
    }

    /// The last part of the path.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The number of samples.
    public var count: Int {
        switch source {
        case .dataset(let dataset): dataset.count
        case .arrays(let arrays, _): arrays.count
        }
    }

    /// What was found at the path, but is not part of the data.
    public var diagnostics: [Diagnostic] {
        switch source {
        case .dataset(let dataset): dataset.diagnostics
        case .arrays(let arrays, _): arrays.diagnostics
        }
    }

    /// A smaller set of `count` samples, or this one if it has no more; see `Dataset.prefix(_:)`.
    /// - Precondition: `count` is positive.
    public func prefix(_ count: Int) -> EvaluationData {
        guard count < self.count else { return self }
        var result = self
        switch source {
        case .dataset(let dataset): result.source = .dataset(dataset.prefix(count))
        case .arrays(let arrays, let annotation):
            result.source = .arrays(arrays.selecting(Array(0..<count)), annotation.selecting(Array(0..<count)))
        }
        return result
    }

    /// Some of the samples, in the order of their indices here. Labels and masks of a file of arrays stay those of all.
    /// - Precondition: there are samples of these indices, at least one.
    func selecting(_ indices: [Int]) -> EvaluationData {
        var result = self
        switch source {
        case .dataset(let dataset): result.source = .dataset(dataset.selecting(indices))
        case .arrays(let arrays, let annotation): result.source = .arrays(arrays.selecting(indices), annotation.selecting(indices))
        }
        return result
    }

    /// What tells each sample from others; nil for one that cannot be opened.
    /// - Throws: ``EvaluationError`` naming a file that cannot be read, unless these are skipped.
    func sampleDigests(skipsUnreadable: Bool, threads: Int) throws -> [SampleDigest?] {
        switch source {
        case .dataset(let dataset): try dataset.sampleDigests(skipsUnreadable: skipsUnreadable, threads: threads)
        case .arrays(let arrays, _):
            try parallelRanges(count, threads: threads) { _, range in range.map { Optional(arrays.identity(of: $0)) } }.flatMap { $0 }
        }
    }

    /// What to call a sample in a message.
    public func sampleName(_ index: Int) -> String {
        switch source {
        case .dataset(let dataset): dataset.sampleName(index)
        case .arrays(let arrays, _): "\(arrays.name)[\(index)]"
        }
    }

    /// The class of each sample, as an output of one network counts them.
    /// - Throws: ``EvaluationError`` where that is not possible or leaves more than one reading.
    func labels(for classes: ClassList) throws -> ClassLabels {
        switch source {
        case .dataset(let dataset): try dataset.labels(for: classes)
        case .arrays(let arrays, let annotation): try annotation.labels(for: classes, path: arrays.path, sampleName: sampleName)
        }
    }

    /// What is worth knowing about how samples are fed to the network.
    func feedingNotes(inputShape: Shape, preprocessing: Preprocessing?) -> [Diagnostic] {
        guard case .dataset(let dataset) = source else { return [] }
        return dataset.feedingNotes(inputShape: inputShape, preprocessing: preprocessing)
    }

    /// What tells these data from others: for a data set with classes, see `Dataset.digest(labels:skipsUnreadable:threads:)`; otherwise the
    /// SHA-256 over the samples' digest and those of labels and mask, as far as they are read.
    /// - Parameters:
    ///   - classes: the class of each sample, where it has one.
    ///   - rows: labels and masks that are read.
    ///   - known: the samples' own digests, where they are known already.
    /// - Throws: ``EvaluationError`` naming a file that cannot be read.
    func digest(classes: [Int]?, rows: [Rows], known: [SampleDigest?]? = nil, skipsUnreadable: Bool, threads: Int) throws -> Digest {
        let samples: Digest
        switch source {
        case .dataset(let dataset):
            let digests = try known ?? dataset.sampleDigests(skipsUnreadable: skipsUnreadable, threads: threads)
            samples = Dataset.digest(of: digests, labels: classes)
        case .arrays(let arrays, _): samples = arrays.digest
        }
        if case .dataset = source, rows.isEmpty { return samples }
        var hash = SHA256()
        hash.update(Array("\(samples.hexadecimal)\n".utf8))
        if let classes { hash.update(Array("classes \(classes.map(String.init).joined(separator: " "))\n".utf8)) }
        for rows in rows {
            let values = rows.array.rows(0..<count).values
            hash.update(Array("\(rows.name) \(rows.array.shape)\n".utf8))
            hash.update(values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) } })
        }
        return hash.finalize()
    }
}
