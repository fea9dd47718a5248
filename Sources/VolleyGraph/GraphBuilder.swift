public import VolleyTensors

/// Makes graphs node by node; infers every shape and refuses what does not fit.
public struct GraphBuilder {
    private var graph = Graph(nodes: [], outputs: [], siteNames: [:])
    private var ids: [String: NodeID] = [:]
    /// Names that are kept for nodes that follow.
    private let reserved: Set<String>

    public init() { reserved = [] }

    init(reserving names: Set<String>) { reserved = names }

    public func shape(of id: NodeID) -> SymbolicShape { graph[id].shape }
    public func constant(of id: NodeID) -> Tensor? { graph[id].constant }
    public subscript(id: NodeID) -> Node { graph[id] }

    /// The node of that name, where it has been put already.
    public func node(named name: String) -> NodeID? { ids[name] }

    /// Whether a node has that name, or will.
    func isTaken(_ name: String) -> Bool { ids[name] != nil || reserved.contains(name) }

    /// Adds an input.
    /// - Throws: ``GraphError`` for a name that is empty or taken, or a shape that is too large.
    public mutating func input(_ name: String, shape: SymbolicShape) throws -> NodeID {
        try append(Node(name: name, content: .input, inputs: [], shape: shape))
    }

    /// Adds a constant.
    /// - Throws: ``GraphError`` for a name that is empty or taken, or a shape that is too large.
    public mutating func constant(_ name: String, _ tensor: Tensor) throws -> NodeID {
        try append(Node(name: name, content: .constant(tensor), inputs: [], shape: SymbolicShape(tensor.shape)))
    }

    /// Adds an operation and infers its value's shape.
    /// - Throws: ``GraphError`` for inputs that do not fit the operation, a name that is empty or taken, or a shape that is too large.
    public mutating func add(_ name: String, _ operation: Operator, _ inputs: [NodeID]) throws -> NodeID {
        let arity = operation.operation.arity
        guard arity.contains(inputs.count) else {
            throw GraphError(
                .malformed, "\(operation.name) takes \(arity.lowerBound) to \(arity.upperBound) inputs, found \(inputs.count)",
                node: name)
        }
        let shape: SymbolicShape
        do {
            shape = try operation.operation.outputShape(inputs.map { graph[$0].shape })
        } catch var error as GraphError {
            error.node = error.node ?? name
            throw error
        }
        return try append(Node(name: name, content: .operation(operation), inputs: inputs, shape: shape))
    }

    public mutating func output(_ name: String, _ value: NodeID) {
        graph.outputs.append(Graph.Output(name: name, value: value))
    }

    /// Asks that a neuron layer on this value be called `name`.
    public mutating func nameSite(on value: NodeID, _ name: String) { graph.siteNames[value] = name }

    /// The graph.
    /// - Throws: ``GraphError`` for outputs that are missing, unnamed or named alike.
    public func build() throws -> Graph {
        try GraphVerifier.verifyOutputs(graph)
        return graph
    }

    private mutating func append(_ node: Node) throws -> NodeID {
        guard !node.name.isEmpty else { throw GraphError(.malformed, "node \(graph.nodes.count) has no name") }
        guard node.shape.isSupported else { throw GraphError(.shapeMismatch, node.shape.limits, node: node.name) }
        guard ids.updateValue(graph.nodes.count, forKey: node.name) == nil else {
            throw GraphError(.malformed, "two nodes have this name", node: node.name)
        }
        graph.nodes.append(node)
        return graph.nodes.count - 1
    }
}

extension Graph {
    /// The same graph without its neuron sites, or without some of them: values are handed on as the ANN has them. Without any it is the ANN
    /// that a spiking network was made from.
    /// - Parameter isLeftOut: asked by the name of a site.
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public func withoutNeurons(at isLeftOut: (_ site: String) -> Bool = { _ in true }) throws -> Graph {
        try rebuilt { builder, node, _, inputs in
            guard let site = node.operation?.neuronSite, isLeftOut(node.name) else { return try builder.copy(node, inputs: inputs) }
            let value = try site.activation.map { try builder.add(node.name, $0.operator, [inputs[0]]) } ?? inputs[0]
            return inputs.count == 1 ? value : try builder.add(node.name + ".divided", .elementwise(Elementwise(.divide)), [value, inputs[1]])
        }
    }

    /// Builds the graph anew, letting `transform` put each node; it receives the new identities of the node's inputs.
    ///
    /// The frame of all passes: what `transform` does not change is copied with `builder.copy`.
    /// - Throws: what `transform` throws, and ``GraphError`` where the new graph breaks a rule.
    public func rebuilt(
        _ transform: (inout GraphBuilder, Node, NodeID, _ inputs: [NodeID]) throws -> NodeID?
    ) throws -> Graph {
        var builder = GraphBuilder(reserving: Set(nodes.map(\.name)))
        var moved: [NodeID: NodeID] = [:]
        for (id, node) in nodes.enumerated() {
            let inputs = node.inputs.compactMap { moved[$0] }
            guard let new = try transform(&builder, node, id, inputs) else { continue }
            moved[id] = new
            if let name = siteNames[id] { builder.nameSite(on: new, name) }
        }
        for output in outputs {
            guard let value = moved[output.value] else {
                throw GraphError(.malformed, "a pass removed the value of output '\(output.name)'")
            }
            builder.output(output.name, value)
        }
        return try builder.build()
    }
}

extension GraphBuilder {
    /// Puts a node of another graph as it is.
    /// - Throws: ``GraphError`` where the inputs do not fit, or the name is taken.
    public mutating func copy(_ node: Node, inputs: [NodeID]) throws -> NodeID {
        switch node.content {
        case .input: try input(node.name, shape: node.shape)
        case .constant(let tensor): try constant(node.name, tensor)
        case .operation(let operation): try add(node.name, operation, inputs)
        }
    }
}
