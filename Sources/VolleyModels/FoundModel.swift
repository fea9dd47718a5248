import VolleyGraph
import VolleyTensors

/// What the configuration of a checkpoint says, checked against the names and shapes of its tensors.
struct FoundModel {
    var network: Network
    var architecture: String
    var preprocessing: Preprocessing?
    var classNames: [String]?
    /// Tensors of the file that no output needs.
    var unusedTensors: Set<String> = []
    var diagnostics: [Diagnostic] = []

    enum Network {
        case vision(VisionTransformer, TensorNaming)
        case text(TextEncoder, TextNaming)
    }

    /// The networks that are read, for messages.
    static let supported = """
        timm VisionTransformer, VisionTransformerDistilled and Eva \
        (\(TimmArchitecture.families.map { $0 + "*" }.joined(separator: ", "))); \
        Hugging Face \((HuggingFaceArchitecture.allCases.map(\.rawValue) + HuggingFaceTextArchitecture.names)
            .joined(separator: ", "))
        """
}

extension FoundModel {
    init(_ checkpoint: Checkpoint, _ shapes: InputShapes) throws {
        let configuration = checkpoint.configuration
        if let name = try configuration.text("architecture") {
            self = try TimmCheckpoint(checkpoint, TimmArchitecture(name: name, path: configuration.path)).model()
        } else if let names = try configuration.texts("architectures"), !names.isEmpty {
            if names.count == 1, let text = HuggingFaceTextArchitecture(name: names[0]) {
                self = try HuggingFaceTextCheckpoint(checkpoint, text, shapes).model()
            } else {
                let architecture = try HuggingFaceArchitecture(names: names, path: configuration.path)
                self = try HuggingFaceCheckpoint(checkpoint, architecture).model()
            }
        } else {
            let message = """
                The configuration names no architecture: it has neither the key "architecture" (timm) nor "architectures" \
                (Hugging Face). Supported are: \(FoundModel.supported).
                """
            throw ModelError(.missingKey, message, path: configuration.path)
        }
    }
}

extension FoundModel.Network {
    /// Everything that was trained, as the files name it.
    var parameters: [StoredParameter] {
        switch self {
        case .vision(let network, let naming): network.parameters.flatMap(naming.stored)
        case .text(let network, let naming): network.parameters.map(naming.stored)
        }
    }

    /// - Parameter parameters: the constants by name; they move into the graph.
    func graph(_ parameters: inout [String: Tensor]) throws -> Graph {
        switch self {
        case .vision(let network, _): try VisionTransformerGraph.build(network, parameters: &parameters)
        case .text(let network, _): try TextEncoderGraph.build(network, parameters: &parameters)
        }
    }
}
