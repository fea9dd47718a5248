/// Puts one root-mean-square normalisation in the place of its parts: square, mean, ε, root, quotient and γ.
///
/// As one, it is one nonlinear operator (<doc:Semantics>, section 4.1). Source: Zhang and Sennrich, 2019 (arXiv 1910.07467), eq. 4.
public enum LiftRMSNormalization {
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public static func apply(to graph: Graph) throws -> Graph {
        let pattern = GraphPattern(graph: graph)
        let lifted = try graph.rebuilt { builder, node, id, inputs in
            guard let norm = RootMeanSquare(id, pattern), !norm.isShifted else {
                return try builder.copy(node, inputs: inputs)
            }
            let gamma = try builder.addConstant(node.name + ".gamma", norm.gamma)
            return try builder.add(
                node.name, .rmsNormalization(RMSNormalization(epsilon: norm.epsilon)),
                [try builder.moved(norm.value, of: graph), gamma])
        }
        return try RemoveUnusedNodes.apply(to: lifted)
    }
}
