public import VolleyTensors

/// The classes that an output of a network tells apart.
public struct ClassList: Hashable, Sendable {
    public let count: Int
    /// A name for each, as the model's configuration has them; nil where it has none, or another number of them.
    public let names: [String]?

    public init(count: Int, names: [String]? = nil) {
        self.count = count
        self.names = names?.count == count ? names : nil
    }
}

/// The class of each sample of a data set, as an output of one network counts them.
public struct ClassLabels: Hashable, Sendable {
    public let indices: [Int]
    /// Says how classes were found where the data leaves room for doubt.
    public let diagnostics: [Diagnostic]
}

extension Dataset {
    /// Binds what the data says about classes to those of a network.
    ///
    /// Numbers of arrays, and of `class_index` in a file of labels, are class indices from 0. Names of folders, and of
    /// `class` in a file of labels, are looked up among the network's class names (`ClassNameIndex`); for a network
    /// without names, see `ClassBinding`.
    /// - Throws: `EvaluationError` where that is not possible or leaves more than one reading.
    public func labels(for classes: ClassList) throws -> ClassLabels {
        try annotation.labels(for: classes, path: path, sampleName: sampleName)
    }
}

extension Annotation {
    /// - Parameter path: that of the data.
    func labels(for classes: ClassList, path: String, sampleName: (Int) -> String) throws -> ClassLabels {
        switch self {
        case .missing(let error): throw error
        case .indices(let indices, let width):
            if let width, width != classes.count {
                throw EvaluationError(
                    .malformedDataset, "The one-hot labels are of another number of classes than the network's output.",
                    context: .init(file: path, expected: "\(classes.count) columns", found: "\(width)"))
            }
            if let sample = indices.firstIndex(where: { $0 >= classes.count }) {
                throw EvaluationError(
                    .malformedDataset, "The data has labels that the network does not know.",
                    context: .init(
                        file: path, expected: "labels 0…\(classes.count - 1)",
                        found: "label \(indices[sample]) of \(sampleName(sample))"))
            }
            return ClassLabels(indices: indices, diagnostics: [])
        case .names(let names, let origin):
            let binding = try ClassBinding(Set(names), to: classes, origin: origin, path: path).find()
            return ClassLabels(indices: names.map { binding.classes[$0]! }, diagnostics: binding.diagnostics)
        }
    }
}
