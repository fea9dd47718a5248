/// Puts one layer normalisation in the place of its parts: mean, difference, square, mean, ε, root, quotient, γ and β.
///
/// The parts hold a quotient of values that change over time; the whole is one nonlinear operator (<doc:Semantics>, section 4.1).
/// Source: Ba, Kiros and Hinton, 2016 (arXiv 1607.06450), eq. 3.
public enum LiftLayerNormalization {
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public static func apply(to graph: Graph) throws -> Graph {
        let pattern = GraphPattern(graph: graph)
        let lifted = try graph.rebuilt { builder, node, id, inputs in
            guard let norm = RootMeanSquare(id, pattern), let (value, mean) = pattern.operands(norm.value, .subtract),
                let averaged = pattern.meanOfRows(mean), pattern.isSame(value, averaged), graph[value].shape == node.shape
            else { return try builder.copy(node, inputs: inputs) }
            let gamma = try builder.addConstant(node.name + ".gamma", norm.gamma)
            let beta = try builder.addConstant(node.name + ".beta", norm.beta)
            return try builder.add(
                node.name, .layerNormalization(LayerNormalization(epsilon: norm.epsilon)),
                [try builder.moved(value, of: graph), gamma, beta])
        }
        return try RemoveUnusedNodes.apply(to: lifted)
    }
}
