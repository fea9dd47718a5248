internal import VolleyGraph
internal import VolleyTensors

/// Finds what can run in one pass: a linear layer with what follows it, a convolution of spikes, attention from scores to
/// context.
struct StagePlanner {
    let executable: Executable
    let neurons: [NodeID: NeuronKernel]
    let integers: [NodeID: IntegerWeights]
    let timeVarying: [Bool]
    private let consumers: [[NodeID]]
    private let isOutput: Set<NodeID>
    /// Values that attention reads in their layer's order, heads side by side in every token.
    private var keepsTokenOrder: Set<NodeID> = []

    var graph: Graph { executable.graph }

    init(
        _ executable: Executable, neurons: [NodeID: NeuronKernel], integers: [NodeID: IntegerWeights], timeVarying: [Bool]
    ) {
        self.executable = executable
        self.neurons = neurons
        self.integers = integers
        self.timeVarying = timeVarying
        consumers = executable.graph.consumers
        isOutput = Set(executable.graph.outputs.map(\.value))
        for (id, node) in graph.nodes.enumerated() {
            guard case .operation(.matrixProduct) = node.content, let (attention, _) = attention(id),
                !inTokenOrder(attention).absorbed.isEmpty
            else { continue }
            keepsTokenOrder.formUnion([attention.q, attention.k, attention.v])
        }
    }

    /// All stages, each behind those whose values it reads.
    func stages() -> [Stage] {
        var stages: [Stage] = []
        var isDone = [Bool](repeating: false, count: graph.nodes.count)
        // A stage that ends at a later node is put off until then, so that its other inputs are there.
        var putOff: [NodeID: Stage] = [:]
        for (id, node) in graph.nodes.enumerated() {
            guard let operation = node.operation else { continue }
            if let stage = putOff[id] {
                stages.append(stage)
            } else if !isDone[id] {
                let (stage, absorbed) = plan(id, operation)
                absorbed.forEach { isDone[$0] = true }
                if stage.output() == id { stages.append(stage) } else { putOff[stage.output()] = stage }
            }
        }
        return stages
    }

    private func plan(_ id: NodeID, _ operation: Operator) -> (Stage, absorbed: [NodeID]) {
        switch operation {
        case .linear:
            if let (layer, absorbed) = layer(id) { return (.layer(layer), absorbed) }
        case .convolution(let convolution):
            if let (stage, absorbed) = self.convolution(id, convolution) { return (.convolution(stage), absorbed) }
        case .matrixProduct:
            if let (attention, absorbed) = attention(id) {
                let (merged, more) = inTokenOrder(attention)
                return (.attention(merged), absorbed + more)
            }
        case .neuron:
            if let neuron = neurons[id] { return (.neurons(id, neuron), []) }
        default: break
        }
        return (.operation(id), [])
    }

    /// The one node that reads a value and nothing else does.
    func onlyReader(of id: NodeID) -> NodeID? {
        consumers[id].count == 1 && !isOutput.contains(id) ? consumers[id][0] : nil
    }

    // MARK: Layers

    /// Below this density (spikes per input and step) adding columns of weights beats a dense product; as 'volley bench
    /// kernels' finds with AVX-512 VNNI; of no consequence for the results.
    func eventDensity(_ weights: LayerKernel.Weights, _ source: NeuronKernel?) -> Float {
        switch weights {
        case .floats: 0.54
        case .integers(let integers): (integers.bits == 8 ? 0.13 : 0.25) * (source?.isSymmetric == true ? 1 : 2)
        }
    }

    /// A layer's weights: integers where there are some and its neurons' spikes are few enough for them.
    func weights(of id: NodeID, _ packed: PackedMatrix, _ source: NeuronKernel?) -> LayerKernel.Weights {
        let whole = source != nil && source!.levels <= 8 ? integers[id].map { LayerKernel.Weights.integers($0) } : nil
        return whole ?? .floats(packed)
    }

    private func layer(_ id: NodeID) -> (LayerStage, absorbed: [NodeID])? {
        let node = graph[id]
        guard timeVarying[id] || neurons.isEmpty, let packed = executable.packedWeight(of: id),
            packed.rows < 65_536, packed.rows > 0, node.inputs.count == 2 || graph[node.inputs[2]].constant != nil
        else { return nil }
        let source = neurons[node.inputs[0]]
        var stage = (activation: Kernels.Unary?.none, addend: NodeID?.none, site: NodeID?.none, last: id)
        var absorbed: [NodeID] = []
        func absorb(_ next: NodeID) {
            absorbed.append(next)
            stage.last = next
        }
        if let next = onlyReader(of: stage.last), case .operation(.activation(let activation)) = graph[next].content,
            let kernel = activation.function.kernel
        {
            stage.activation = kernel
            absorb(next)
        }
        if let next = onlyReader(of: stage.last), case .operation(.elementwise(let sum)) = graph[next].content,
            sum.function == .add, let other = graph[next].inputs.first(where: { $0 != stage.last }),
            graph[other].shape == graph[stage.last].shape, graph[other].operation != nil
        {
            stage.addend = other
            absorb(next)
        }
        if let next = onlyReader(of: stage.last), let neuron = neurons[next], !neuron.resetsToZero {
            stage.site = next
            absorb(next)
        }
        if let (reshape, turned, value) = split(of: stage.last), keepsTokenOrder.contains(value) {
            absorbed += [reshape, turned]
            if value != turned {
                stage.site = value
                absorb(value)
            }
        }
        let weights = weights(of: id, packed, source)
        let kernel = LayerKernel(
            weights, bias: node.inputs.count > 2 ? graph[node.inputs[2]].constant!.values : [], source: source,
            activation: stage.activation, target: stage.site.flatMap { neurons[$0] },
            eventDensity: eventDensity(weights, source))
        return (
            LayerStage(
                kernel: kernel, linear: id, input: node.inputs[0], addend: stage.addend, site: stage.site,
                output: stage.last),
            absorbed
        )
    }
}
