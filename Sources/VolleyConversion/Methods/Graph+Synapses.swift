internal import VolleyGraph
internal import VolleyTensors

/// What methods ask of a placed graph about the layers between its sites.
extension Graph {
    /// The layers whose synapses reach a site without passing another, and the sites that are heard through them or directly.
    func sources(of site: NodeID) -> (layers: [NodeID], sites: [NodeID]) {
        var (layers, sites): ([NodeID], [NodeID]) = ([], [])
        var (waiting, seen) = ([nodes[site].inputs[0]], Set<NodeID>())
        while let id = waiting.popLast() {
            guard seen.insert(id).inserted else { continue }
            if nodes[id].isNeuronSite {
                sites.append(id)
                continue
            }
            let isLayer = isSynapticLayer(id)
            if isLayer { layers.append(id) }
            waiting += isLayer ? [nodes[id].inputs[0]] : nodes[id].inputs
        }
        return (layers, sites)
    }

    /// The network from its inputs to one node, which becomes its only output.
    func upTo(_ last: NodeID) throws -> Graph {
        var builder = GraphBuilder()
        for node in nodes[...last] { _ = try builder.copy(node, inputs: node.inputs) }
        builder.output(nodes[last].name, last)
        return try RemoveUnusedNodes.apply(to: builder.build())
    }

    private func weight(of layer: NodeID) -> Tensor { nodes[nodes[layer].inputs[1]].constant! }

    /// `max_i Σ_j max(0, W_ij)` over the outputs i of a layer.
    func largestPositiveSum(_ layer: NodeID) -> Float {
        let weight = weight(of: layer)
        let width = weight.shape.rowCount
        return (0..<weight.shape[0]).map { row in
            Float(weight.values[row * width..<(row + 1) * width].reduce(0.0) { $0 + Double(max(0, $1)) })
        }.max() ?? 0
    }

    /// `max W`.
    /// - Parameter firstKernel: of a convolution, whether only the kernel from the first channel to the first channel is looked at.
    func largestWeight(_ layer: NodeID, firstKernel: Bool = false) -> Float {
        let weight = weight(of: layer)
        guard firstKernel, weight.shape.rank > 2 else { return weight.values.max() ?? 0 }
        return weight.values.prefix(weight.shape.dimensions[2...].reduce(1, *)).max() ?? 0
    }
}
