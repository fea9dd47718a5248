import Foundation
public import VolleyGraph
public import VolleyTensors

/// What files beside a network that carries none of it say about its images: how they are preprocessed, what their classes are
/// called. Read are timm's `config.json`, and Hugging Face's `preprocessor_config.json` and `config.json`.
public struct ImageConfiguration: Sendable {
    public private(set) var preprocessing: Preprocessing?
    public private(set) var classNames: [String]?
    /// What was found where, and what had to be assumed.
    public private(set) var diagnostics: [Diagnostic] = []

    /// The images that the network reads.
    public struct Input: Hashable, Sendable {
        public var channels: Int
        public var height: Int
        public var width: Int

        public init(channels: Int, height: Int, width: Int) {
            self.channels = channels
            self.height = height
            self.width = width
        }
    }

    private static let names = ["preprocessor_config.json", "config.json"]

    /// Reads a file that must say how images are preprocessed.
    /// - Throws: ``ModelError``.
    public init(file path: String, for input: Input) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw ModelError(.notFound, "There is no such file. Check the path.", path: path)
        }
        let configuration = try Configuration(path: path)
        classNames = try configuration.anyClassNames()
        preprocessing = try Self.preprocessing(in: configuration, for: input, &diagnostics)
        guard preprocessing != nil else {
            let message = """
                The file does not say how images are preprocessed: neither mean and std (timm's config.json) nor image_mean and \
                image_std (Hugging Face's preprocessor_config.json) are there. Say it with \(Remedy(.imageMean)) and \(Remedy(.imageDeviation)).
                """
            throw ModelError(.missingKey, message, path: path, remedies: [Remedy(.imageMean), Remedy(.imageDeviation)])
        }
    }

    /// Looks for such files in a network's folder. What cannot be used is noted and passed over.
    public init(besideModel path: String, for input: Input) {
        let folder = URL(filePath: path).deletingLastPathComponent()
        for name in Self.names {
            let file = folder.appending(path: name).relativePath
            guard FileManager.default.fileExists(atPath: file) else { continue }
            do {
                let configuration = try Configuration(path: file)
                if classNames == nil { classNames = try configuration.anyClassNames() }
                guard preprocessing == nil else { continue }
                var notes: [Diagnostic] = []
                guard let found = try Self.preprocessing(in: configuration, for: input, &notes) else { continue }
                preprocessing = found
                diagnostics += [Diagnostic(file, "Found beside the model; images are preprocessed as it says.")] + notes
            } catch {
                diagnostics.append(Diagnostic(file, "Found beside the model, but not used. \((error as? ModelError)?.message ?? "\(error)")"))
            }
        }
    }

    /// Nil where the configuration is about something else.
    private static func preprocessing(
        in configuration: Configuration, for input: Input, _ diagnostics: inout [Diagnostic]
    ) throws -> Preprocessing? {
        func size(_ value: Int) -> Size { Size(value, "the network's input has \(input.channels) channels of \(input.height)×\(input.width) pixels") }
        let image = ImageInput(channels: size(input.channels), height: size(input.height), width: size(input.width))
        let processorKeys = ["image_mean", "image_std", "image_processor_type", "feature_extractor_type"]
        if processorKeys.contains(where: configuration.keys.contains) {
            return try HuggingFaceProcessor(configuration).preprocessing(for: image, &diagnostics)
        }
        let timm = try TimmPreprocessing(configuration)
        guard ["mean", "std"].contains(where: timm.data.keys.contains) else { return nil }
        return try timm.preprocessing(for: image, &diagnostics)
    }
}

extension Configuration {
    /// A name per class, whatever their number, from `label_names` (timm) or `id2label` (Hugging Face).
    fileprivate func anyClassNames() throws -> [String]? {
        if let names = try texts("label_names") ?? section("pretrained_cfg")?.texts("label_names") { return names }
        guard let count = try section("id2label")?.keys.count, count > 0 else { return nil }
        return try classNames(Size(count, "that many names are there"))
    }
}
