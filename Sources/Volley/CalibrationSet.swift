/// The data that a network is calibrated on, and how it is used.
public struct CalibrationSet: Sendable {
    public enum Source: Sendable {
        /// Labelled samples, preprocessed as the model asks for.
        case dataset(Dataset)
        /// Arrays named like the model's inputs, fed as they are.
        case arrays(NamedArrays)

        /// Opens what lies at a path: arrays where an `.npz` file names all of the model's inputs, otherwise a data set.
        /// Bytes for a model that knows how to preprocess images are images, whatever they are called.
        /// - Parameters:
        ///   - arrays: which array holds `x` or an input of that name, where it is called otherwise.
        ///   - labels: a CSV file with the classes of images in a folder.
        ///   - prefersLabels: whether arrays for a single input that bring their labels, `y`, are a data set.
        /// - Throws: `EvaluationError` or `FormatError`, which name the file and say what was expected.
        public static func open(
            _ path: String, for model: Model, arrays: [String: String] = [:], labels: String? = nil, prefersLabels: Bool = false
        ) throws -> Source {
            let inputs = model.graph.inputs.map { model.graph[$0].name }
            let isImages = try model.preprocessing != nil && inputs.count == 1 && holdsBytes(path, arrays[inputs[0]] ?? inputs[0])
            let isLabelled = prefersLabels && inputs.count == 1 && holdsArray(path, arrays["y"] ?? "y")
            if !isImages, !isLabelled, NamedArrays.fits(path, inputs: inputs, chosen: arrays) {
                return .arrays(
                    try NamedArrays(path: path, for: model.graph, chosen: arrays)
                        .fitted(to: model.graph, preprocessing: model.preprocessing))
            }
            return .dataset(try Dataset.open(path, .init(labels: labels, arrays: arrays, input: inputs.count == 1 ? inputs[0] : nil)))
        }

        private static func holdsArray(_ path: String, _ array: String) -> Bool {
            path.hasSuffix(".npz") && (try? NpzArchive(path: path).names.contains(array)) == true
        }

        private static func holdsBytes(_ path: String, _ array: String) throws -> Bool {
            guard path.hasSuffix(".npz"), let archive = try? NpzArchive(path: path), archive.names.contains(array) else {
                return false
            }
            return try archive.array(array).elementType == .uint8
        }
    }

    public var source: Source
    /// Samples that share a statistic, such as a quantile; nil for the whole set.
    public var batchSize: Int?
    public var limit: Int?
    public var skipBad: Bool

    public init(_ dataset: Dataset, batchSize: Int? = 128, limit: Int? = nil, skipBad: Bool = false) {
        self.init(.dataset(dataset), batchSize: batchSize, limit: limit, skipBad: skipBad)
    }

    public init(_ source: Source, batchSize: Int? = 128, limit: Int? = nil, skipBad: Bool = false) {
        self.source = source
        self.batchSize = batchSize
        self.limit = limit
        self.skipBad = skipBad
    }
}
