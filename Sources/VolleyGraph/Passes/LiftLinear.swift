internal import VolleyTensors

/// Makes a linear layer of each product with a constant matrix on its right. ``FoldScaleAndShift`` adds the bias.
///
/// Both are affine (<doc:Semantics>, section 2); a layer behind neurons is what event-driven kernels run.
public enum LiftLinear {
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public static func apply(to graph: Graph) throws -> Graph {
        let lifted = try graph.rebuilt { builder, node, _, inputs in
            guard case .matrixProduct? = node.operation, let matrix = builder.constant(of: inputs[1]), matrix.shape.rank == 2,
                builder.constant(of: inputs[0]) == nil
            else { return try builder.copy(node, inputs: inputs) }
            var weight = Tensor([matrix.shape[1], matrix.shape[0]])
            weight.fill(from: matrix.values, offset: 0, strides: [1, matrix.shape[1]])
            let constant = try builder.addConstant(node.name + ".weight", weight)
            return try builder.add(node.name, .linear(Linear()), [inputs[0], constant])
        }
        return try RemoveUnusedNodes.apply(to: lifted)
    }
}
