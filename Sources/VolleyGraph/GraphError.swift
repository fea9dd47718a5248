public import VolleyTensors

/// What is wrong with a graph or with the values handed to it.
public struct GraphError: InputError, Hashable {
    public enum Code: String, Sendable, Hashable {
        /// The shapes of an operator's inputs do not fit it or each other.
        case shapeMismatch
        /// The graph breaks one of its own rules: duplicate names, missing or later inputs, wrong recorded shapes.
        case malformed
        /// An input array is missing, unknown or of the wrong shape.
        case badInput
        /// A value is NaN or infinite.
        case notFinite
    }

    public var code: Code
    public var message: String
    /// The name of the node where it happened.
    public var node: String?

    public init(_ code: Code, _ message: String, node: String? = nil) {
        self.code = code
        self.message = message
        self.node = node
    }

    public var description: String { node.map { "node '\($0)': \(message)" } ?? message }
}
