internal import VolleyGraph
internal import VolleyONNX
internal import VolleySpiking
internal import VolleyTensors

/// Writes a spiking network in estimate form (semantics 5): at step t it is the ANN, applied to what its neurons have sent so far.
struct NetworkWriter {
    private let network: SpikingNetwork
    private let writer: GraphWriter
    private let states: States
    private let timeVarying: [Bool]
    /// By node; that of the last step, where a value changes over time.
    private var values: [NodeID: Symbol] = [:]
    /// By input with random spikes, what its recorded spikes are called.
    private(set) var trains: [NodeID: Symbol] = [:]
    /// What ordinary operators cannot say.
    private(set) var refusals: [(name: String, reason: String)] = []
    /// By site, what its neurons sent at the last step.
    private(set) var firings: [(site: NodeID, firing: Firing)] = []

    private var graph: Graph { network.graph }

    init(_ network: SpikingNetwork, _ writer: GraphWriter, _ states: States) {
        (self.network, self.writer, self.states) = (network, writer, states)
        timeVarying = network.graph.isTimeVarying
    }

    // MARK: Inputs and what does not change

    /// Puts the inputs, and everything that is the same at every time-step.
    /// - Parameter steps: how many steps of recorded spikes one call takes; nil for those of one step.
    mutating func writeStatics(trainSteps steps: Int?) {
        let readers = graph.consumers
        for id in graph.inputs {
            let isRandom = !readers[id].isEmpty && readers[id].allSatisfy { network.layer(at: $0)?.model is InputNeuron }
            if readers[id].contains(where: { network.layer(at: $0)?.model is InputNeuron }) {
                let shape = SymbolicShape((steps.map { [SymbolicLength($0)] } ?? []) + graph[id].shape.dimensions)
                let train = writer.input(writer.reserve("train/" + graph[id].name), shape)
                trains[id] = train
                writer.readBatch(from: train, shape)
            }
            if isRandom, !graph.outputs.contains(where: { $0.value == id }) { continue }
            let input = writer.input(graph[id].name, graph[id].shape)
            values[id] = input
            writer.readBatch(from: input, graph[id].shape)
        }
        for (id, node) in graph.nodes.enumerated() where node.operation != nil && !timeVarying[id] { write(id, node, named: node.name, at: nil) }
    }

    // MARK: A time-step

    /// Puts everything that changes over time.
    /// - Parameter prefix: of the names of its values.
    mutating func writeStep(_ time: StepTime, step: Int?, prefix: String) {
        firings = []
        for (id, node) in graph.nodes.enumerated() where timeVarying[id] { write(id, node, named: prefix + node.name, at: (time, step)) }
    }

    /// The value of an output.
    func output(_ output: Graph.Output) -> Symbol { value(output.value) }

    private func value(_ id: NodeID) -> Symbol {
        if let constant = graph[id].constant { return writer.constant(graph[id].name, .floats(constant)) }
        return values[id]!
    }

    private mutating func write(_ id: NodeID, _ node: Node, named name: String, at moment: (time: StepTime, step: Int?)?) {
        var fired: Firing?
        do {
            values[id] = try writer.write(writer.reserve(name)) {
                guard let time = moment?.time else { return try node.operation!.write(call(node)) }
                if let layer = network.layer(at: id) {
                    let (estimate, firing) = try fire(id, node, layer, time, moment?.step)
                    fired = firing
                    return estimate
                }
                if let pooling = node.spikePooling, network.coding == .rate {
                    return try SpikePoolWriter(
                        writer: writer, states: states, time: time, name: node.name, pooling: pooling,
                        inputShape: graph[node.inputs[0]].shape, shape: node.shape
                    ).write(value(node.inputs[0]))
                }
                return try node.operation!.write(call(node))
            }
        } catch {
            // Something stands in its place, so that everything that is in the way is found.
            if moment?.step ?? 1 == 1 { refusals.append((node.name, (error as? Refusal)?.reason ?? "\(error)")) }
            values[id] = writer.scalar(0)
        }
        if let fired { firings.append((id, fired)) }
    }

    private func call(_ node: Node) -> NodeCall {
        NodeCall(
            writer: writer,
            operands: node.inputs.map {
                NodeCall.Operand(name: graph[$0].name, shape: graph[$0].shape, constant: graph[$0].constant, value: values[$0])
            },
            shape: node.shape)
    }

    private func fire(_ id: NodeID, _ node: Node, _ layer: NeuronLayer, _ time: StepTime, _ step: Int?) throws -> (Symbol, Firing) {
        let source = node.inputs[0]
        if layer.model is InputNeuron, let train = trains[source] {
            let sent = time.starting(states.read("sent", of: node.name, node.shape, initial: 0, holds: "S(t), the sum of what was sent"))
            let spikes = step.map { train.gathered([$0 - 1], axis: 0).reshaped(to: node.shape) } ?? train
            let total = sent + spikes
            states.keep(total, as: "sent", of: node.name)
            return (total / time.weight, Firing(value: spikes, code: spikes))
        }
        return try SiteWriter(
            writer: writer, states: states, time: time, name: node.name, shape: node.shape, layer: layer, coding: network.coding,
            isPlain: network.timing.isPlain, input: value(source), isStatic: !timeVarying[source],
            divisors: node.inputs.count > 1 ? value(node.inputs[1]) : nil,
            divisorValues: node.inputs.count > 1 ? graph[node.inputs[1]].constant : nil
        ).write()
    }
}
