internal import VolleyGraph

/// A fault of the planner itself: run as planned, the network would give a wrong number. Not the user's doing.
public struct PlanError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The names of the nodes concerned.
    public var nodes: [String]
    public var message: String

    public var description: String {
        "internal error of the planner, please report it with the model: \(message): "
            + nodes.map { "'\($0)'" }.joined(separator: ", ")
    }
}

extension Plan {
    /// The invariant of a plan: every operation is carried out by exactly one stage; every value that a stage reads, and
    /// every output, is an input, a constant, or what an earlier stage made; and what is read as spikes comes from neurons.
    /// - Throws: ``PlanError`` that names the nodes of the first violation.
    func check(_ neurons: [NodeID: Neurons]) throws(PlanError) {
        var stagesOf = [Int](repeating: 0, count: graph.nodes.count)
        var isMade = graph.nodes.map { $0.operation == nil }
        for stage in stages {
            let nodes = stage.nodes
            for input in stage.inputs {
                guard isMade[input.value] else { throw error("a stage reads a value before it is made", [input.value] + nodes) }
                guard input.reading == .values || neurons[input.value] != nil else {
                    throw error("a stage reads as spikes what no neurons send", [input.value] + nodes)
                }
                guard !timeVarying[input.value] || timeVarying[stage.output] else {
                    throw error("a stage that runs once reads a value that changes over time", [input.value] + nodes)
                }
            }
            guard nodes.contains(stage.output) else { throw error("a stage makes a value that is not its own", nodes) }
            for node in nodes { stagesOf[node] += 1 }
            isMade[stage.output] = true
        }
        let wrong = graph.nodes.indices.filter { stagesOf[$0] != (graph[$0].operation == nil ? 0 : 1) }
        guard wrong.isEmpty else { throw error("nodes are not computed exactly once", wrong) }
        let missing = graph.outputs.map(\.value).filter { !isMade[$0] }
        guard missing.isEmpty else { throw error("outputs are not made", missing) }
    }

    func error(_ message: String, _ nodes: [NodeID]) -> PlanError {
        PlanError(nodes: nodes.map { graph[$0].name }, message: message)
    }
}
