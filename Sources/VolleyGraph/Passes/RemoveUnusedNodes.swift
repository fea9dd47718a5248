/// Drops every operation and constant that no output depends on. Inputs stay: they are the network's interface.
///
/// No neurons stand before what nobody reads (<doc:Semantics>, section 6).
public enum RemoveUnusedNodes {
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public static func apply(to graph: Graph) throws -> Graph { try apply(to: graph, keeping: []) }

    /// - Parameter kept: nodes that stay, and what they depend on, though no output may need them.
    static func apply(to graph: Graph, keeping kept: some Sequence<NodeID>) throws -> Graph {
        var needed = Set(graph.outputs.map(\.value)).union(kept)
        for id in graph.nodes.indices.reversed() where needed.contains(id) { needed.formUnion(graph[id].inputs) }
        return try graph.rebuilt { builder, node, id, inputs in
            needed.contains(id) || node.content == .input ? try builder.copy(node, inputs: inputs) : nil
        }
    }
}
