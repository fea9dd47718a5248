import VolleyFormats
public import VolleyGraph
public import VolleyTensors

/// A trained network from a checkpoint, with what its files say about its use.
public struct Model: Sendable {
    /// Networks for images: one input "input" of shape [N, C, H, W] and one output "logits" of shape [N, classes].
    ///
    /// Networks for text, with sequences of L tokens: inputs "input_ids" and "attention_mask", for BERT "token_type_ids" too,
    /// all of shape [N, L] and holding whole numbers; outputs "last_hidden_state" of shape [N, L, D] and, where there is a
    /// classifier, "logits" of shape [N, classes]. A token whose mask is 0 is padding and not attended to.
    public let graph: Graph
    /// How an image becomes the input; nil where the checkpoint does not say and nothing can be assumed, and for text.
    public var preprocessing: Preprocessing?
    /// A name per class, in the order of the logits, where the checkpoint has them.
    public var classNames: [String]?
    /// A line for people: layout, class of network, sizes.
    public let architecture: String
    /// The files that hold the weights.
    public let weightFiles: [String]
    /// What had to be assumed, and which tensors of the files are not used.
    public var diagnostics: [Diagnostic]

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
    /// Where the tensors do not fit as they are called, `module.`, `model.`, `_orig_mod.` and `backbone.` in front of their names
    /// are left out, and a diagnostic says so. Nothing is passed over: every size that the configuration states is checked against the tensors, and what is not
    /// supported is refused by name. Every tensor of the file is used, except in networks for text those of heads that no
    /// output needs and buffers with positions; they are listed in ``diagnostics``.
    /// - Parameters:
    ///   - path: a folder, or a `.safetensors` or `.safetensors.index.json` file, with `config.json` beside it.
    ///   - inputShapes: by input, its shape with any batch size, which stays free. The sequence length of a network for text
    ///     is taken from here; without it, it is 128, or less where the network has fewer positions. All other lengths are
    ///     fixed by the checkpoint and only checked.
    /// - Throws: ``ModelError``, or `FormatError` of VolleyFormats for damaged weight files.
    public init(checkpoint path: String, inputShapes: [String: [Int]] = [:]) throws {
        let checkpoint = try Checkpoint(path)
        let shapes = InputShapes(inputShapes, path: path)
        do {
            try self.init(checkpoint, shapes, path)
        } catch let error as ModelError where error.code != .badInputShape {
            guard let (bare, prefixes) = checkpoint.withoutWrappers() else { throw error }
            let note = Diagnostic(path, "The tensors' names begin with \(prefixes.listed), which a wrapper put there; it is left out.")
            try self.init(bare, shapes, path, [note])
        }
    }

    private init(_ checkpoint: Checkpoint, _ shapes: InputShapes, _ path: String, _ notes: [Diagnostic] = []) throws {
        let found = try FoundModel(checkpoint, shapes)
        var parameters = try ParameterReader(checkpoint.archive, path: path)
            .read(found.network.parameters, leavingOut: found.unusedTensors)
        let graph = try found.network.graph(&parameters)
        try shapes.verify(graph)
        self.init(
            graph: graph, preprocessing: found.preprocessing, classNames: found.classNames,
            architecture: found.architecture, weightFiles: checkpoint.archive.paths, diagnostics: notes + found.diagnostics)
    }
}
