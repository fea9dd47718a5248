public import VolleyTensors

/// What is wrong with an ONNX model, or what of it is not supported.
public struct ONNXError: InputError, Hashable {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// There is no file of this name.
        case notFound
        /// The system refuses to read the file.
        case unreadable
        /// The bytes are not an ONNX model, or contradict the format or each other.
        case malformed
        /// The model uses operators that are not known here; ``ONNXError/operators`` lists them, and all else that is unsupported.
        case unsupportedOperators
        /// A known operator is used in a way that cannot be imported.
        case unsupported
        /// A node reads a value that nothing makes.
        case missingValue
        /// Nodes read each other's values in a circle.
        case cycle
        /// The shapes of an operator's inputs do not fit it or each other.
        case shapeMismatch
        /// The file leaves a length open, and none was given.
        case openShape
        /// A shape or a table that was given does not fit the model's inputs.
        case badInput
        /// Data stored beside the model is missing, too short, or outside the model's folder.
        case externalData
        /// The model asks for more memory than it may.
        case tooLarge
    }

    /// An operator that cannot be imported, or not as these nodes use it.
    public struct UnsupportedOperator: Sendable, Hashable {
        /// The operator's name, after its domain where that is not the standard one.
        public let name: String
        public let nodes: [String]
        /// What of it cannot be imported; nil where the operator is not known at all.
        public let reason: String?

        public init(name: String, nodes: [String], reason: String? = nil) {
            self.name = name
            self.nodes = nodes
            self.reason = reason
        }
    }

    public var code: Code
    /// What failed, what was expected and found, and what to do.
    public var message: String
    /// The file, where it is known.
    public var path: String?
    /// The name of the node where it happened.
    public var node: String?
    /// The operators that cannot be imported, where that is what is wrong.
    public var operators: [UnsupportedOperator]
    public var remedies: [Remedy]
    /// Whether what is unsupported is that a number which must be known at import is computed from the network's inputs.
    var isUnknownValue = false

    public init(
        _ code: Code, _ message: String, path: String? = nil, node: String? = nil, operators: [UnsupportedOperator] = [],
        remedies: [Remedy] = []
    ) {
        self.code = code
        self.message = message
        self.path = path
        self.node = node
        self.operators = operators
        self.remedies = remedies
    }

    public var description: String {
        (path.map { $0 + ": " } ?? "") + (node.map { "node \($0.quoted): " } ?? "") + message
    }
}

extension ONNXError {
    /// Lists all of them, with counts and the names of their nodes.
    static func unsupported(_ operators: [UnsupportedOperator]) -> ONNXError {
        let lines = operators.map { found in
            let names = found.nodes.prefix(8).map(\.quoted).joined(separator: ", ")
            let rest = found.nodes.count > 8 ? " and \(found.nodes.count - 8) more" : ""
            return "\n  \(found.name), \(found.nodes.count) × (\(names)\(rest))" + (found.reason.map { ": " + $0 } ?? "")
        }
        return ONNXError(
            operators.contains { $0.reason == nil } ? .unsupportedOperators : .unsupported, "These operators are not supported:" + lines.joined(),
            operators: operators)
    }
}

extension String {
    /// A text taken from a file, fit for a message: in quotes, control characters escaped, cut after 100 characters.
    var quoted: String { String(reflecting: count > 100 ? prefix(100) + "…" : self) }
}
