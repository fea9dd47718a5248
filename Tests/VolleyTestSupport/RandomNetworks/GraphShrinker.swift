public import VolleyGraph

/// Makes a graph smaller while something stays true of it: fewer outputs, nodes left out, cut off or made inputs.
public enum GraphShrinker {
    /// - Parameters:
    ///   - attempts: how many smaller graphs are tried in all.
    ///   - fails: whether a graph still shows the fault; not asked for graphs that cannot be built.
    public static func shrunken(_ graph: Graph, attempts: Int = 2000, while fails: (Graph) -> Bool) -> Graph {
        var (smallest, left) = (graph, attempts)
        var madeProgress = true
        while madeProgress, left > 0 {
            madeProgress = false
            for change in changes(of: smallest) {
                guard left > 0 else { break }
                guard let smaller = try? apply(change, to: smallest),
                    smaller.nodes.count < smallest.nodes.count || smaller.outputs.count < smallest.outputs.count
                else { continue }
                left -= 1
                if fails(smaller) {
                    (smallest, madeProgress) = (smaller, true)
                    break
                }
            }
        }
        return smallest
    }

    private enum Change {
        case dropOutput(Int)
        /// Makes a value the only output.
        case cutBehind(NodeID)
        /// Lets readers of a value read one of those that it was made from.
        case bypass(NodeID, by: NodeID)
        /// Hands a value in.
        case cutBefore(NodeID)
    }

    private static func changes(of graph: Graph) -> [Change] {
        let operations = graph.nodes.indices.filter { graph[$0].operation != nil }
        var changes = operations.map { Change.cutBehind($0) }
        if graph.outputs.count > 1 { changes += graph.outputs.indices.map { .dropOutput($0) } }
        changes += operations.reversed().map { .cutBefore($0) }
        for id in operations {
            for input in graph[id].inputs where graph[input].shape == graph[id].shape { changes.append(.bypass(id, by: input)) }
        }
        return changes
    }

    private static func apply(_ change: Change, to graph: Graph) throws -> Graph {
        var outputs = graph.outputs
        switch change {
        case .dropOutput(let index): outputs.remove(at: index)
        case .cutBehind(let id): outputs = [Graph.Output(name: "y", value: id)]
        default: break
        }
        var needed = Set(outputs.map(\.value))
        func reads(_ id: NodeID) -> [NodeID] {
            switch change {
            case .bypass(id, let other): [other]
            case .cutBefore(id): []
            default: graph[id].inputs
            }
        }
        for id in graph.nodes.indices.reversed() where needed.contains(id) { needed.formUnion(reads(id)) }
        var builder = GraphBuilder()
        var moved: [NodeID: NodeID] = [:]
        for (id, node) in graph.nodes.enumerated() where needed.contains(id) {
            switch change {
            case .bypass(id, let other): moved[id] = moved[other]
            case .cutBefore(id): moved[id] = try builder.input("x." + node.name, shape: node.shape)
            default: moved[id] = try builder.copy(node, inputs: node.inputs.map { moved[$0]! })
            }
        }
        for output in outputs { builder.output(output.name, moved[output.value]!) }
        return try builder.build()
    }
}
