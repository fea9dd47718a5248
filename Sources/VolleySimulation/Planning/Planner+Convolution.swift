internal import VolleyGraph

extension Planner {
    /// A convolution with one group, constant weight and bias, right behind neurons; and an activation that alone reads it.
    func convolution(_ id: NodeID, _ convolution: Convolution) throws(Unfused) -> Plan.Stage {
        if let reason = graph.whyNoLayer(id) { throw Unfused(reason) }
        guard neurons[graph[id].inputs[0]] != nil else { throw Unfused("no spikes arrive at it") }
        var nodes = [id]
        var epilogue = bias(of: id)
        if let (next, function) = activation(behind: id) {
            nodes.append(next)
            epilogue.append(.activation(function))
        }
        return Plan.Stage(
            pass: .convolution, inputs: [input(of: id)], epilogue: epilogue, nodes: nodes, output: nodes.last!, booked: id,
            multiplyAccumulates: multiplyAccumulates[id], why: whyItEnds(with: nodes.last!))
    }
}
