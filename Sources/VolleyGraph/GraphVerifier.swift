internal import VolleyTensors

/// Checks that a graph keeps its own rules. A graph that ``GraphBuilder`` makes keeps them, except that its constants may hold NaN or
/// infinity; a graph that is read from a file may break any rule.
public enum GraphVerifier {
    /// - Throws: ``GraphError`` for the first broken rule: names are unique, inputs come earlier, shapes are those that the
    ///   operators infer, constants fill their shapes and are finite, outputs exist and have unique names.
    public static func verify(_ graph: Graph) throws {
        var names: Set<String> = []
        for (id, node) in graph.nodes.enumerated() {
            guard !node.name.isEmpty else { throw GraphError(.malformed, "node \(id) has no name") }
            guard names.insert(node.name).inserted else {
                throw GraphError(.malformed, "two nodes have this name", node: node.name)
            }
            guard node.inputs.allSatisfy({ (0..<id).contains($0) }) else {
                throw GraphError(.malformed, "it reads a value that does not come before it", node: node.name)
            }
            guard node.shape.isSupported else { throw GraphError(.malformed, node.shape.limits, node: node.name) }
            try verify(node, in: graph)
        }
        try verifyOutputs(graph)
    }

    static func verifyOutputs(_ graph: Graph) throws {
        guard !graph.outputs.isEmpty else { throw GraphError(.malformed, "the graph has no output") }
        var names: Set<String> = []
        for output in graph.outputs where !names.insert(output.name).inserted {
            throw GraphError(.malformed, "two outputs have the name '\(output.name)'")
        }
        for output in graph.outputs where !graph.nodes.indices.contains(output.value) {
            throw GraphError(.malformed, "output '\(output.name)' names a value that does not exist")
        }
    }

    private static func verify(_ node: Node, in graph: Graph) throws {
        switch node.content {
        case .input:
            guard node.inputs.isEmpty else { throw GraphError(.malformed, "an input reads no value", node: node.name) }
        case .constant(let tensor):
            guard node.inputs.isEmpty else { throw GraphError(.malformed, "a constant reads no value", node: node.name) }
            guard SymbolicShape(tensor.shape) == node.shape else {
                throw GraphError(
                    .malformed, "the constant has shape \(tensor.shape), recorded is \(node.shape)", node: node.name)
            }
            guard tensor.values.allSatisfy(\.isFinite) else {
                throw GraphError(.notFinite, "the weights hold NaN or infinite values", node: node.name)
            }
        case .operation(let operation):
            guard operation.operation.arity.contains(node.inputs.count) else {
                throw GraphError(.malformed, "\(operation.name) does not take \(node.inputs.count) inputs", node: node.name)
            }
            let inferred: SymbolicShape
            do {
                inferred = try operation.operation.outputShape(node.inputs.map { graph[$0].shape })
            } catch var error as GraphError {
                error.node = node.name
                throw error
            }
            guard inferred == node.shape else {
                throw GraphError(.malformed, "its shape is \(inferred), recorded is \(node.shape)", node: node.name)
            }
        }
    }
}
