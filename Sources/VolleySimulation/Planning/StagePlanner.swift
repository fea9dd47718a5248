internal import VolleyGraph
internal import VolleyTensors

/// Finds what can run in one pass: attention from scores to context, a linear layer with what follows it, a convolution of
/// spikes.
///
/// Every node is taken by exactly one stage, the first that asks for it: where two layers are added up, the first of them takes
/// the sum and reads the other's value.
struct StagePlanner {
    let executable: Executable
    let neurons: [NodeID: SiteNeurons]
    /// Whether it plans the ANN, which runs once and has no neurons.
    let isANN: Bool
    let integers: [NodeID: IntegerWeights]
    let timeVarying: [Bool]
    private let consumers: [[NodeID]]
    private let isOutput: Set<NodeID>
    /// By node, whether a stage has it already.
    private var isTaken: [Bool]
    /// Values that attention reads in their layer's order, heads side by side in every token.
    private var keepsTokenOrder: Set<NodeID> = []

    var graph: Graph { executable.graph }

    init(
        _ executable: Executable, neurons: [NodeID: SiteNeurons]?, integers: [NodeID: IntegerWeights], timeVarying: [Bool]
    ) {
        self.executable = executable
        self.neurons = neurons ?? [:]
        isANN = neurons == nil
        self.integers = integers
        self.timeVarying = timeVarying
        consumers = executable.graph.consumers
        isOutput = Set(executable.graph.outputs.map(\.value))
        isTaken = Array(repeating: false, count: executable.graph.nodes.count)
    }

    /// All stages in the order of what they make: each behind those whose values it reads.
    mutating func stages() -> [Stage] {
        var stages: [Stage] = []
        func take(_ stage: Stage, in planner: inout StagePlanner) {
            stage.nodes.forEach { planner.isTaken[$0] = true }
            stages.append(stage)
        }
        // Attention first: how it reads q, k and v decides where their layers end.
        for (id, node) in graph.nodes.enumerated() where node.operation == .matrixProduct(MatrixProduct()) && !isTaken[id] {
            guard let plain = attention(id) else { continue }
            let attention = inTokenOrder(plain)
            if attention.kernel.headsPerToken > 0 { keepsTokenOrder.formUnion([plain.q, plain.k, plain.v]) }
            take(.attention(attention), in: &self)
        }
        for (id, node) in graph.nodes.enumerated() {
            guard let operation = node.operation, !isTaken[id] else { continue }
            take(plan(id, operation), in: &self)
        }
        return stages.sorted { $0.output < $1.output }
    }

    private func plan(_ id: NodeID, _ operation: Operator) -> Stage {
        switch operation {
        case .linear: layer(id).map { .layer($0) } ?? .operation(id)
        case .convolution(let convolution): self.convolution(id, convolution).map { .convolution($0) } ?? .operation(id)
        case .neuron: neurons[id].map { .neurons(id, $0) } ?? .operation(id)
        default: .operation(id)
        }
    }

    /// The one node that reads a value and nothing else does, where no stage has it.
    func onlyReader(of id: NodeID) -> NodeID? {
        guard consumers[id].count == 1, !isOutput.contains(id), case let reader = consumers[id][0], !isTaken[reader] else { return nil }
        return reader
    }

    // MARK: Layers

    /// Below this density (spikes per input and step) adding columns of weights beats a dense product; as 'volley bench
    /// kernels' finds with AVX-512 VNNI; of no consequence for the results.
    func eventDensity(_ weights: LayerKernel.Weights, _ source: SpikeSource?) -> Float {
        switch weights {
        case .floats: 0.54
        case .integers(let integers): (integers.bits == 8 ? 0.13 : 0.25) * Float(source?.alphabet.wholeNumbers?.products ?? 1)
        }
    }

    /// A layer's weights: integers where there are some and its neurons' spikes are made for them.
    func weights(of id: NodeID, _ packed: PackedMatrix, _ source: SpikeSource?) -> LayerKernel.Weights {
        let whole = source?.alphabet.wholeNumbers != nil ? integers[id].map { LayerKernel.Weights.integers($0) } : nil
        return whole ?? .floats(packed)
    }

    /// Whether a linear layer runs as a stage of its own, with what follows it.
    func isLayer(_ id: NodeID) -> Bool {
        graph[id].operation == .linear(Linear()) && (timeVarying[id] || isANN) && executable.layerBias(of: id) != nil
    }

    private func layer(_ id: NodeID) -> LayerStage? {
        let node = graph[id]
        guard isLayer(id), let packed = executable.packedWeight(of: id), let bias = executable.layerBias(of: id) else { return nil }
        let source = neurons[node.inputs[0]]?.source
        var nodes = [id]
        var (activation, addend, site) = (Kernels.Unary?.none, NodeID?.none, NodeID?.none)
        if let next = onlyReader(of: id), case .operation(.activation(let function)) = graph[next].content,
            let kernel = function.function.kernel
        {
            activation = kernel
            nodes.append(next)
        }
        if let next = onlyReader(of: nodes.last!), case .operation(.elementwise(let sum)) = graph[next].content,
            sum.function == .add, let other = graph[next].inputs.first(where: { $0 != nodes.last! }), isAddend(other, to: nodes.last!)
        {
            addend = other
            nodes.append(next)
        }
        if let next = onlyReader(of: nodes.last!), neurons[next]?.fusedKernel != nil {
            site = next
            nodes.append(next)
        }
        var output = nodes.last!
        if let (reshape, turned, value) = split(of: output), keepsTokenOrder.contains(value) {
            nodes += [reshape, turned]
            if value != turned {
                site = value
                output = value
                nodes.append(value)
            }
        }
        let weights = weights(of: id, packed, source)
        let kernel = LayerKernel(
            weights, bias: bias, source: source, activation: activation, target: site.flatMap { neurons[$0]?.fusedKernel },
            eventDensity: eventDensity(weights, source))
        return LayerStage(
            kernel: kernel, linear: id, input: node.inputs[0], addend: addend, site: site, nodes: nodes, output: output)
    }

    /// Whether a value can be added to a layer's as they lie in memory: of the same shape, and, if one changes over time and
    /// the other does not, with time-steps one behind the other in both.
    private func isAddend(_ other: NodeID, to value: NodeID) -> Bool {
        let shape = graph[other].shape
        return shape == graph[value].shape && graph[other].operation != nil
            && (timeVarying[other] == timeVarying[value] || shape.dimensions.first?.scalesWithBatch == true)
    }
}

extension Executable {
    /// Whether it is a layer of the kind that layer kernels run: linear, or a convolution with one group, of constant weight.
    func isLayer(_ id: NodeID) -> Bool {
        switch graph[id].content {
        case .operation(.linear), .operation(.convolution): packedWeight(of: id) != nil
        default: false
        }
    }

    /// The bias of a layer that layer kernels can run: it is constant, and the layer's inputs can be listed with 16 bits. Empty for
    /// no bias, nil for other layers.
    func layerBias(of id: NodeID) -> [Float]? {
        guard isLayer(id), let packed = packedWeight(of: id), (1..<65_536).contains(packed.rows) else { return nil }
        return graph[id].inputs.count == 2 ? [] : graph[graph[id].inputs[2]].constant?.values
    }
}
