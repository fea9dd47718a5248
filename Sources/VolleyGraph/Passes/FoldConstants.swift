public import VolleyTensors

/// Evaluates every operation that reads constants only, and puts its value in its place. Values whose shape depends on the
/// batch size stay operations.
///
/// What reads constants only is static at every time-step (<doc:Semantics>, section 2).
public enum FoldConstants {
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public static func apply(to graph: Graph, kernels: Kernels = .best) throws -> Graph {
        let folded = try graph.rebuilt { builder, node, _, inputs in
            if let operation = node.operation, operation.neuronSite == nil, !node.shape.scalesWithBatch, !inputs.isEmpty {
                let constants = inputs.compactMap { builder.constant(of: $0) }
                if constants.count == inputs.count {
                    var value = Tensor(node.shape.resolved(batch: 1))
                    operation.operation.evaluate(constants, into: &value, on: kernels)
                    return try builder.constant(node.name, value)
                }
            }
            return try builder.copy(node, inputs: inputs)
        }
        return try RemoveUnusedNodes.apply(to: folded)
    }
}
