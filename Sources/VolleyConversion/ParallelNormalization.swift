public import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// Parallel parameter normalisation (semantics 3.2, ECMT section 4.4): an equivalent network whose smallest positive
/// thresholds are all 1, for hardware that sends spikes without values.
///
/// A neuron's output is divided by its smallest positive threshold λ_1, so that it sends `2^(p−1)` and `−η·2^(p−1)`,
/// `η = θ2/θ1`. The layers that read it are multiplied by λ_1 and, where they lead to a neuron, divided by that one's:
/// `W' = W·λ_1^{l−1}/λ_1^l`, `b' = b/λ_1^l`. Layer normalisation takes the factor into γ and β, a product into the scale
/// behind it; behind softmax and activation functions a multiplication by `1/λ_1` remains.
public enum ParallelNormalization {
    /// - Throws: ``ConversionError`` for networks whose neurons stand in the place of activations or at inputs, where the same is done by
    ///   dividing weights by thresholds; `GraphError` and `SpikingError` where a factor is so large or small that thresholds leave the range
    ///   of floats.
    public static func apply(to network: SpikingNetwork) throws -> SpikingNetwork {
        let ann = network.graph
        if let site = ann.nodes.indices.first(where: {
            ann[$0].operation?.neuronSite?.activation != nil || network.layer(at: $0)?.family == InputNeuron.family
        }) {
            throw ConversionError(
                .badSettings, "parallel normalisation is for neurons that stand before layers; those of '\(ann[site].name)' stand for what they read")
        }
        let units = network.graph.nodes.indices.map { unit(of: network.layer(at: $0)) }
        let wanted = wantedScales(network.graph, units)
        let readers = network.graph.consumers.map(\.count)
        var scales = [Float](repeating: 1, count: network.graph.nodes.count)
        let graph = try network.graph.rebuilt { builder, node, id, inputs in
            guard let operation = node.operation else { return try builder.copy(node, inputs: inputs) }
            var scaling = Scaling(node: node, inputs: inputs, have: node.inputs.map { scales[$0] }, want: wanted[id])
            if case .matrixProduct = operation, readers[id] == 1, isConstantScale(network.graph.consumers[id][0], network.graph) {
                scaling.want = scaling.have[0] * scaling.have[1]
            }
            scales[id] = scaling.want
            return try scaling.put(operation, units[id], into: &builder)
        }
        return try network.replacing(
            graph: RemoveUnusedNodes.apply(to: graph),
            neurons: Dictionary(
                uniqueKeysWithValues: network.neurons.map { ($0.key, NeuronLayer($0.value.model.divided(by: unit(of: $0.value)))) }))
    }

    /// The 2n weight matrices of a linear layer behind a neuron layer, one per input level in the order of spike counts:
    /// with them, spikes are bare events. `W_p = W·λ_p`, in the values of the given network.
    /// - Returns: nil unless the node is a linear layer that reads a neuron layer.
    public static func levelWeights(of node: NodeID, in network: SpikingNetwork) -> [Tensor]? {
        guard case .operation(.linear) = network.graph[node].content,
            let layer = network.layer(at: network.graph[node].inputs[0]),
            let weight = network.graph[network.graph[node].inputs[1]].constant
        else { return nil }
        return layer.alphabet.values.map { value in Tensor(weight.shape, weight.values.map { $0 * value }) }
    }

    /// What a layer's values are divided by: the smallest positive one, λ_1, or the smallest of all where no spike is positive.
    private static func unit(of layer: NeuronLayer?) -> Float {
        guard let layer else { return 1 }
        return layer.alphabet.values.lazy.filter { $0 > 0 }.min() ?? layer.smallestValue
    }

    /// By value: the factor it should carry because neurons alone read it, directly or through a change of shape.
    private static func wantedScales(_ graph: Graph, _ units: [Float]) -> [Float] {
        var wanted = [Float](repeating: 1, count: graph.nodes.count)
        let consumers = graph.consumers
        for id in graph.nodes.indices.reversed() {
            if case .operation(.neuron) = graph[id].content { wanted[id] = 1 / units[id] }
            guard consumers[id].count == 1, graph[id].operation != nil, !graph.outputs.contains(where: { $0.value == id }),
                graph[id].operation?.name != "neuron"
            else { continue }
            switch graph[consumers[id][0]].operation {
            case .neuron, .reshape, .transpose: wanted[id] = wanted[consumers[id][0]]
            default: break
            }
        }
        return wanted
    }

    private static func isConstantScale(_ id: NodeID, _ graph: Graph) -> Bool {
        graph[id].operation == .elementwise(Elementwise(.multiply))
            && graph[id].inputs.count { graph[$0].constant != nil } == 1
    }
}

/// Puts one operation whose inputs carry known factors so that its value carries the wanted one.
private struct Scaling {
    let node: Node
    let inputs: [NodeID]
    /// What the new inputs are multiples of the old ones by.
    let have: [Float]
    var want: Float

    func put(_ operation: Operator, _ unit: Float, into builder: inout GraphBuilder) throws -> NodeID {
        switch operation {
        case .neuron:
            return try builder.add(node.name, operation, [try scaled(inputs[0], by: 1 / unit / have[0], &builder)])
        case .reshape, .transpose:
            return try builder.add(node.name, operation, [try scaled(inputs[0], by: want / have[0], &builder)])
        case .linear, .convolution, .transposedConvolution:
            var inputs = inputs
            guard have[0] != 1 || want != 1 else { break }
            inputs[1] = try scaled(inputs[1], by: want / have[0], &builder)
            if inputs.count > 2 { inputs[2] = try scaled(inputs[2], by: want, &builder) }
            return try builder.add(node.name, operation, inputs)
        case .rmsNormalization:
            let input = try scaled(inputs[0], by: 1 / have[0], &builder)
            return try builder.add(node.name, operation, [input, try scaled(inputs[1], by: want, &builder)])
        case .layerNormalization:
            let input = try scaled(inputs[0], by: 1 / have[0], &builder)
            let (gamma, beta) = (try scaled(inputs[1], by: want, &builder), try scaled(inputs[2], by: want, &builder))
            return try builder.add(node.name, operation, [input, gamma, beta])
        case .matrixProduct:
            let natural = have[0] * have[1]
            if want == natural { return try builder.add(node.name, operation, inputs) }
            let product = try builder.add(node.name + ".unscaled", operation, inputs)
            return try multiply(product, by: want / natural, node.name, &builder)
        case .elementwise(let elementwise) where elementwise.function == .multiply:
            let natural = have[0] * have[1]
            if let constant = inputs.firstIndex(where: { builder.constant(of: $0) != nil }) {
                var inputs = inputs
                inputs[constant] = try scaled(inputs[constant], by: want / natural, &builder)
                return try builder.add(node.name, operation, inputs)
            }
            let product = try builder.add(node.name + ".unscaled", operation, inputs)
            return try multiply(product, by: want / natural, node.name, &builder)
        case .elementwise, .activation, .parametricActivation, .trainedActivation, .quantization, .softmax, .pooling, .resize,
            .reduction, .argMaximum, .topK, .cumulativeSum, .triangle, .selection, .slice, .gather, .gatherElements, .gatherND, .padding,
            .concatenation,
            .expansion:
            break
        }
        let plain = try zip(inputs, have).map { try scaled($0, by: 1 / $1, &builder) }
        guard want != 1 else { return try builder.add(node.name, operation, plain) }
        return try multiply(try builder.add(node.name + ".unscaled", operation, plain), by: want, node.name, &builder)
    }

    /// A constant times a factor is another constant; any other value is multiplied when the network runs.
    private func scaled(_ value: NodeID, by factor: Float, _ builder: inout GraphBuilder) throws -> NodeID {
        if factor == 1 { return value }
        if let tensor = builder.constant(of: value) {
            let position = inputs.firstIndex(of: value)!
            return try builder.constant(
                "\(node.name).input\(position).normalized", Tensor(tensor.shape, tensor.values.map { $0 * factor }))
        }
        return try multiply(value, by: factor, "\(node.name).normalized", &builder)
    }

    private func multiply(_ value: NodeID, by factor: Float, _ name: String, _ builder: inout GraphBuilder) throws -> NodeID {
        let constant = try builder.constant(name + ".factor", Tensor(scalar: factor))
        return try builder.add(name, .elementwise(Elementwise(.multiply)), [value, constant])
    }
}
