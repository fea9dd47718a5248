public import VolleyTensors

/// A graph as it stands in a file: everything but the elements of its constants, which are stored as tensors under the
/// constants' names. Values are referred to by name.
public struct GraphDocument: Sendable, Hashable, Codable {
    public struct Entry: Sendable, Hashable, Codable {
        public var name: String
        /// "input", "constant" or "operation".
        public var role: Role
        public var operation: Operator?
        public var inputs: [String]?
        public var shape: SymbolicShape
        /// The name for a neuron layer on this value, where it is not the default one.
        public var siteName: String?

        public enum Role: String, Sendable, Hashable, Codable { case input, constant, operation }
    }

    public struct Output: Sendable, Hashable, Codable {
        public var name: String
        public var value: String
    }

    public var nodes: [Entry]
    public var outputs: [Output]

    public init(_ graph: Graph) {
        nodes = graph.nodes.enumerated().map { id, node in
            let role: Entry.Role =
                switch node.content {
                case .input: .input
                case .constant: .constant
                case .operation: .operation
                }
            return Entry(
                name: node.name, role: role, operation: node.operation,
                inputs: node.inputs.isEmpty ? nil : node.inputs.map { graph[$0].name }, shape: node.shape,
                siteName: graph.siteNames[id])
        }
        outputs = graph.outputs.map { Output(name: $0.name, value: graph[$0.value].name) }
    }

    /// Builds and verifies the graph. `constant` is asked for each constant's tensor by name.
    /// - Throws: ``GraphError``, and what `constant` throws.
    public func graph(constant: (String) throws -> Tensor) throws -> Graph {
        var ids: [String: NodeID] = [:]
        var graph = Graph(nodes: [], outputs: [], siteNames: [:])
        func id(_ name: String, neededBy node: String) throws -> NodeID {
            guard let id = ids[name] else {
                throw GraphError(.malformed, "it reads '\(name)', which does not come before it", node: node)
            }
            return id
        }
        for entry in nodes {
            let content: Node.Content
            switch (entry.role, entry.operation) {
            case (.input, nil): content = .input
            case (.constant, nil): content = .constant(try constant(entry.name))
            case (.operation, .some(let operation)): content = .operation(operation)
            case (.operation, nil): throw GraphError(.malformed, "the operation is missing", node: entry.name)
            case (.input, .some), (.constant, .some):
                throw GraphError(.malformed, "only operations compute something", node: entry.name)
            }
            let inputs = try (entry.inputs ?? []).map { try id($0, neededBy: entry.name) }
            guard entry.shape.isSupported else { throw GraphError(.malformed, entry.shape.limits, node: entry.name) }
            ids[entry.name] = graph.nodes.count
            if let name = entry.siteName { graph.siteNames[graph.nodes.count] = name }
            graph.nodes.append(Node(name: entry.name, content: content, inputs: inputs, shape: entry.shape))
        }
        for output in outputs {
            graph.outputs.append(Graph.Output(name: output.name, value: try id(output.value, neededBy: output.name)))
        }
        try GraphVerifier.verify(graph)
        return graph
    }
}
