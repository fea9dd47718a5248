import VolleyFormats
public import VolleyGraph
public import VolleyTensors

/// A trained network from a checkpoint, with what its files say about its use.
public struct Model: Sendable {
    /// One input "input" of shape [N, C, H, W] and one output "logits" of shape [N, classes].
    public let graph: Graph
    /// How an image becomes the input; nil where the checkpoint does not say and nothing can be assumed.
    public let preprocessing: Preprocessing?
    /// A name per class, in the order of the logits, where the checkpoint has them.
    public let classNames: [String]?
    /// A line for people: layout, class of network, sizes.
    public let architecture: String
    /// The files that hold the weights.
    public let weightFiles: [String]
    /// What had to be assumed.
    public let diagnostics: [Diagnostic]

    /// A network that comes from elsewhere.
    public init(
        graph: Graph, preprocessing: Preprocessing? = nil, classNames: [String]? = nil, architecture: String,
        weightFiles: [String] = [], diagnostics: [Diagnostic] = []
    ) {
        self.graph = graph
        self.preprocessing = preprocessing
        self.classNames = classNames
        self.architecture = architecture
        self.weightFiles = weightFiles
        self.diagnostics = diagnostics
    }

    /// Reads a checkpoint of timm or of Hugging Face Transformers.
    ///
    /// Nothing is passed over: every tensor of the file is used, every size that the configuration states is checked
    /// against the tensors, and what is not supported is refused by name.
    /// - Parameter path: a folder, or a `.safetensors` or `.safetensors.index.json` file, with `config.json` beside it.
    /// - Throws: ``ModelError``, or `FormatError` of VolleyFormats for damaged weight files.
    public static func load(_ path: String) throws -> Model {
        let checkpoint = try Checkpoint(path)
        let found = try FoundModel(checkpoint)
        var parameters = try ParameterReader(checkpoint.archive, path: path).read(
            found.network.parameters.flatMap(found.naming.stored))
        return Model(
            graph: try VisionTransformerGraph.build(found.network, parameters: &parameters),
            preprocessing: found.preprocessing, classNames: found.classNames, architecture: found.architecture,
            weightFiles: checkpoint.archive.paths, diagnostics: found.diagnostics)
    }
}

/// What the configuration of a checkpoint says, checked against the names and shapes of its tensors.
struct FoundModel {
    var network: VisionTransformer
    var naming: TensorNaming
    var architecture: String
    var preprocessing: Preprocessing?
    var classNames: [String]?
    var diagnostics: [Diagnostic] = []

    /// The networks that are read, for messages.
    static let supported = """
        timm VisionTransformer and VisionTransformerDistilled \
        (\(TimmArchitecture.families.map { $0 + "*" }.joined(separator: ", "))); \
        Hugging Face \(HuggingFaceArchitecture.allCases.map(\.rawValue).joined(separator: ", "))
        """
}

extension FoundModel {
    init(_ checkpoint: Checkpoint) throws {
        let configuration = checkpoint.configuration
        if let name = try configuration.text("architecture") {
            self = try TimmCheckpoint(checkpoint, TimmArchitecture(name: name, path: configuration.path)).model()
        } else if let names = try configuration.texts("architectures"), !names.isEmpty {
            let architecture = try HuggingFaceArchitecture(names: names, path: configuration.path)
            self = try HuggingFaceCheckpoint(checkpoint, architecture).model()
        } else {
            let message = """
                The configuration names no architecture: it has neither the key "architecture" (timm) nor "architectures" \
                (Hugging Face). Supported are: \(FoundModel.supported).
                """
            throw ModelError(.missingKey, message, path: configuration.path)
        }
    }
}
