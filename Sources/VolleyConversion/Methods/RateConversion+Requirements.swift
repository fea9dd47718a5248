internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// What the family needs of a network.
extension RateConversion {
    public var requirements: [NetworkRequirement] {
        [layers, activations, neuron == .graded ? nil : linearity, pools, biases].compactMap(\.self)
    }

    /// Where neurons stand.
    var placement: PlaceActivationNeurons {
        PlaceActivationNeurons(maximum: pooling, inputs: input != .analog, pools: poolNeurons, outputs: readout == .spikes)
    }

    private func unfit(_ message: String, remedies: [Remedy] = []) -> ConversionError { ConversionError(.unfitNetwork, message, remedies: remedies) }

    private var layers: NetworkRequirement {
        NetworkRequirement("a linear layer or a convolution") { graph in
            let hasLayer = graph.nodes.indices.contains { graph.isSynapticLayer($0) }
            return hasLayer ? nil : unfit("this network has no linear layer or convolution, so there is nothing that spikes could save")
        }
    }

    private var activations: NetworkRequirement {
        let kind =
            switch neuron {
            case .symmetric: "activations bounded on both sides, as in clip(x, −λ, λ), which neurons of two signs stand in for"
            default: "rectifiers, plain, bounded or rounded, which neurons stand in for"
            }
        return NetworkRequirement(kind) { graph in
            let found = graph.replaceable
            guard !found.isEmpty else {
                return unfit("this network has no activation that neurons of '\(name)' could stand in for: it needs \(kind)")
            }
            for (node, activation) in found where activation.isSymmetric != (neuron == .symmetric) {
                return unfit(
                    neuron == .symmetric
                        ? "'\(node.name)' is a rectifier: it has dropped the negative values that neurons with symmetric thresholds send, "
                            + "so the network has to be trained with clip(x, −λ, λ)"
                        : "'\(node.name)' keeps negative values, which neurons of one sign do not send; the method strelu takes them")
            }
            return nil
        }
    }

    /// Everything else has to be linear: a train of spikes stands for a mean, and means pass linear operators alone.
    private var linearity: NetworkRequirement {
        NetworkRequirement("linear operators only between its activations") { graph in
            let placed = try placement.apply(to: graph).graph
            let moving = placed.isTimeVarying
            let kinds = placed.kinds(timeVarying: moving)
            let consumers = placed.consumers
            var isReadOut = [Bool](repeating: false, count: placed.nodes.count)
            for id in placed.nodes.indices.reversed() {
                isReadOut[id] = consumers[id].allSatisfy { isReadOut[$0] } && placed[id].isReadOut(kinds[id])
            }
            for (id, node) in placed.nodes.enumerated() where [.nonlinear, .bilinear].contains(kinds[id]) {
                if isReadOut[id] || node.isMaximumPool { continue }
                return unfit(
                    "'\(node.name)' (\(node.operation!.name)) is neither linear nor an activation that neurons of '\(name)' could stand in for; "
                        + "the methods ecmt and differential take any operator")
            }
            return nil
        }
    }

    private var pools: NetworkRequirement? {
        guard pooling == .refused else { return nil }
        return NetworkRequirement("average pools instead of maximum pools") { graph in
            guard let pool = graph.nodes.first(where: \.isMaximumPool) else { return nil }
            let remedy = Remedy(.methodSetting, "pooling gated")
            return unfit(
                "'\(pool.name)' is a maximum pool, which the paper replaces before training; average pools are needed, or another rule: \(remedy)",
                remedies: [remedy])
        }
    }

    private var biases: NetworkRequirement? {
        guard open.contains("beyond-paper"), !isBeyondPaper else { return nil }
        return NetworkRequirement("no biases, nor batch normalisation") { graph in
            for (id, node) in graph.nodes.enumerated() where graph.isSynapticLayer(id) && node.inputs.count > 2 {
                guard let bias = graph[node.inputs[2]].constant, bias.values.allSatisfy({ $0 == 0 }) else {
                    let remedy = Remedy(.methodSetting, "beyond-paper")
                    return unfit(
                        "'\(node.name)' has a bias, and the paper's networks have none; \(remedy) feeds it at every time-step", remedies: [remedy])
                }
            }
            return nil
        }
    }
}

extension Graph {
    /// Whether it is a layer of synapses with constant weights.
    func isSynapticLayer(_ id: NodeID) -> Bool {
        switch nodes[id].content {
        case .operation(.linear), .operation(.convolution), .operation(.transposedConvolution): nodes[nodes[id].inputs[1]].constant != nil
        default: false
        }
    }

    /// The activations that depend on an input and that neurons can stand in for.
    fileprivate var replaceable: [(node: Node, activation: ReplacedActivation)] {
        let depends = dependsOnInput
        return nodes.enumerated().compactMap { id, node in
            guard depends[id], let operation = node.operation, let activation = ReplacedActivation(operation) else { return nil }
            return (node, activation)
        }
    }
}

extension ReplacedActivation {
    var isSymmetric: Bool { trained?.function == .symmetricClip }
}

extension Node {
    /// Whether nothing is lost where an operator is applied to what was read out, as a softmax.
    fileprivate func isReadOut(_ kind: OperatorKind) -> Bool {
        if kind == .affine { return operation.map { !$0.isLayerOrSite } ?? true }
        if case .operation(.softmax) = content { return true }
        return false
    }
}

extension Operator {
    fileprivate var isLayerOrSite: Bool {
        switch self {
        case .linear, .convolution, .transposedConvolution, .neuron: true
        default: false
        }
    }
}
