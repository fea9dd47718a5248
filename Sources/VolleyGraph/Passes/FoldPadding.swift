/// Takes zeros that are padded around images into the convolution behind, which has padding of its own.
///
/// A convolution that reads neurons and not a padded copy of what they send can be run by events; what it computes stays the same.
public enum FoldPadding {
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public static func apply(to graph: Graph) throws -> Graph {
        let folded = try graph.rebuilt { builder, node, _, inputs in
            guard case .convolution(var convolution)? = node.operation, case .padding(let padding)? = graph[node.inputs[0]].operation,
                padding.mode == .constant, padding.value == 0
            else { return try builder.copy(node, inputs: inputs) }
            let first = convolution.channels.firstSpatialAxis
            let moving = first..<first + convolution.padding.count
            guard padding.amounts.joined().allSatisfy({ $0 >= 0 }),
                padding.amounts.indices.allSatisfy({ moving.contains($0) || padding.amounts[$0] == [0, 0] })
            else { return try builder.copy(node, inputs: inputs) }
            for axis in moving {
                convolution.padding[axis - first] = zip(convolution.padding[axis - first], padding.amounts[axis]).map(+)
            }
            return try builder.add(node.name, .convolution(convolution), [builder[inputs[0]].inputs[0]] + inputs.dropFirst())
        }
        return try RemoveUnusedNodes.apply(to: folded)
    }
}
