public import VolleyTensors

/// A network that a format cannot say: lists every node with the reason.
public struct ExportError: InputError {
    /// The name of the format.
    public var format: String
    /// The nodes that stand in the way, in the order of the graph, each with what the format lacks, as the end of a sentence about it.
    public var nodes: [(name: String, reason: String)]
    /// What to do instead, as a full sentence; empty where nothing is known.
    public var advice: String

    public init(format: String, nodes: [(name: String, reason: String)], advice: String = "") {
        (self.format, self.nodes, self.advice) = (format, nodes, advice)
    }

    public var description: String {
        let count = nodes.count == 1 ? "1 node" : "\(nodes.count) nodes"
        let lines = nodes.map { "  '\($0.name)': \($0.reason)" }
        return (["The network cannot be written as \(format), because of \(count):"] + lines + (advice.isEmpty ? [] : [advice]))
            .joined(separator: "\n")
    }
}
