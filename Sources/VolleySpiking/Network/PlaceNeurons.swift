public import VolleyGraph

/// Puts the places of neuron layers into a network's graph (semantics 6, ECMT Algorithm 1).
///
/// A neuron layer stands before every linear layer and convolution and before both sides of every product of two computed
/// values. The first layer is spared: a layer that reads the network's input, or what was computed from it without passing
/// a layer, sees the analog values. A lookup of constant rows by the network's input (an embedding) is such a first layer. The
/// head is spared too, unless asked for: a linear layer behind which nothing follows but affine operators, activation
/// functions, roundings and softmax. Readers of one value share one neuron layer.
public enum PlaceNeurons {
    /// - Parameter spikingHead: whether neurons stand before the classifier's head too.
    /// - Throws: `GraphError` never for a graph that was verified.
    public static func apply(to graph: Graph, spikingHead: Bool = false) throws -> Graph {
        let isDeep = deepValues(of: graph)
        let isHead = heads(of: graph, isDeep)
        var sites: [NodeID: NodeID] = [:]
        return try graph.rebuilt { builder, node, id, inputs in
            var inputs = inputs
            if let operation = node.operation, spikingHead || !isHead[id] {
                let deep = node.inputs.map { isDeep[$0] }
                let kind = deep.contains(true) ? operation.operation.kind(timeVarying: deep) : .staticValue
                for position in operation.operation.synapticInputs(timeVarying: deep) {
                    let value = node.inputs[position]
                    if sites[value] == nil {
                        let suffix = kind == .bilinear ? [".a", ".b"][position] : ".in"
                        sites[value] = try builder.add(
                            graph.siteNames[value] ?? node.name + suffix, .neuron(NeuronSite()), [inputs[position]])
                    }
                    inputs[position] = sites[value]!
                }
            }
            return try builder.copy(node, inputs: inputs)
        }
    }

    /// The layers of the classifier's head, before which no neurons stand unless asked for.
    public static func heads(of graph: Graph) -> Set<NodeID> {
        let isHead = heads(of: graph, deepValues(of: graph))
        return Set(graph.nodes.indices.filter { isHead[$0] })
    }

    /// By value: whether it was computed from the network's input through at least one layer.
    private static func deepValues(of graph: Graph) -> [Bool] {
        var isAnalog = [Bool](repeating: false, count: graph.nodes.count)
        var isDeep = isAnalog
        for (id, node) in graph.nodes.enumerated() {
            isDeep[id] = node.inputs.contains { isDeep[$0] }
            isAnalog[id] = node.content == .input || node.inputs.contains { isAnalog[$0] }
            guard let operation = node.operation, isAnalog[id] else { continue }
            let analog = node.inputs.map { isAnalog[$0] }
            if isEmbedding(operation, analog) || !operation.operation.synapticInputs(timeVarying: analog).isEmpty {
                isDeep[id] = true
            }
        }
        return isDeep
    }

    /// Whether it looks up constant rows by indices that come from the network's input.
    private static func isEmbedding(_ operation: Operator, _ analog: [Bool]) -> Bool {
        switch operation {
        case .gather, .gatherND: analog == [false, true]
        default: false
        }
    }

    /// By node: whether it is a layer whose value becomes an output with nothing behind it but a read-out: affine operators,
    /// activation functions, roundings, softmax. Layers that feed a residual stream are none, since other layers read the stream.
    private static func heads(of graph: Graph, _ isDeep: [Bool]) -> [Bool] {
        let consumers = graph.consumers
        var isReadOut = [Bool](repeating: false, count: graph.nodes.count)
        var isHead = isReadOut
        for (id, node) in graph.nodes.enumerated().reversed() {
            guard let operation = node.operation else { continue }
            let deep = node.inputs.map { isDeep[$0] }
            isReadOut[id] = consumers[id].allSatisfy { isReadOut[$0] }
            let isLayer = !operation.operation.synapticInputs(timeVarying: deep).isEmpty
            switch operation {
            case .linear, .convolution, .transposedConvolution: isHead[id] = isLayer && isReadOut[id]
            case .softmax, .activation, .quantization: break
            default:
                let isNonlinear = deep.contains(true) && operation.operation.kind(timeVarying: deep) == .nonlinear
                if isNonlinear { isReadOut[id] = false }
            }
            if isLayer { isReadOut[id] = false }
        }
        return isHead
    }
}
