internal import OrderedCollections
internal import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// The moving state of a simulation, in estimate form (semantics 5): at step t the network is the ANN applied to the
/// estimates that its neurons have sent so far. One per worker; nothing survives from one run to the next.
public struct Session: ~Copyable {
    /// There is no feedback between layers, so both orders give the same bits.
    public enum Order: String, Sendable, CaseIterable {
        /// All layers run one time-step after the other: for streams and early answers. Memory does not grow with T.
        case stepSequential = "step-sequential"
        /// Each layer runs all its time-steps before the next: for batches. Membrane state lives while its layer runs.
        case layerSequential = "layer-sequential"
    }

    private let program: Program
    private let order: Order
    private var pool = TensorPool()

    public init(_ program: Program, order: Order = .layerSequential) {
        self.program = program
        self.order = order
    }

    /// Runs all time-steps on arrays named like the network's inputs.
    /// - Throws: `GraphError` for inputs that do not fit, `SpikingError` where a membrane potential is not finite.
    public mutating func run(_ inputs: [String: Tensor]) throws -> SimulationResult {
        let (batch, bound) = try program.executable.bind(inputs)
        var run = Run(program, order, batch: batch, pool: pool)
        pool = TensorPool()
        try run.computeStatics(bound)
        switch order {
        case .stepSequential:
            for step in 1...program.timeSteps {
                for id in program.network.graph.nodes.indices where program.timeVarying[id] { try run.compute(id, step) }
            }
        case .layerSequential:
            for id in program.network.graph.nodes.indices {
                if program.timeVarying[id] {
                    for step in 1...program.timeSteps { try run.compute(id, step) }
                }
                run.release(after: id)
            }
        }
        let result = run.result()
        pool = run.reclaim()
        return result
    }
}

/// One run of a session.
private struct Run {
    private struct NeuronState {
        var sent: [Float]
        var baseline: [Float]
        var emitted: Tensor
    }

    private let program: Program
    private let graph: Graph
    private let batch: Int
    /// How many steps of a value are kept: all in layer-sequential order, otherwise one.
    private let slots: Int
    private var values: [[Tensor]]
    private var states: [NeuronState?]
    private var spikes: OrderedDictionary<String, [[Int64]]> = [:]
    private var outputs: OrderedDictionary<String, [Tensor]> = [:]
    private var counter: SynapseCounter
    private var pool: TensorPool

    init(_ program: Program, _ order: Session.Order, batch: Int, pool: TensorPool) {
        self.program = program
        self.batch = batch
        self.pool = pool
        graph = program.network.graph
        slots = order == .layerSequential ? program.timeSteps : 1
        values = Array(repeating: [], count: graph.nodes.count)
        states = Array(repeating: nil, count: graph.nodes.count)
        counter = SynapseCounter(
            program.synapses, batch: batch, timeSteps: program.timeSteps, kernels: program.executable.kernels)
        for output in graph.outputs { outputs[output.name] = [] }
    }

    /// Everything that stays the same at every step, once.
    mutating func computeStatics(_ bound: [NodeID: Tensor]) throws {
        for (id, node) in graph.nodes.enumerated() where !program.timeVarying[id] {
            switch node.content {
            case .input: values[id] = [bound[id]!]
            case .constant(let tensor): values[id] = [tensor]
            case .operation:
                var output = pool.take(node.shape.resolved(batch: batch))
                program.executable.evaluate(id, node.inputs.map { values[$0][0] }, into: &output)
                values[id] = [output]
            }
            for output in graph.outputs where output.value == id {
                outputs[output.name] = Array(repeating: values[id][0], count: program.timeSteps)
            }
        }
    }

    /// Computes the estimate of one node at one step.
    mutating func compute(_ id: NodeID, _ step: Int) throws {
        let node = graph[id]
        let slot = slots == 1 ? 0 : step - 1
        if values[id].count <= slot { values[id].append(pool.take(node.shape.resolved(batch: batch))) }
        var output = Tensor.empty
        swap(&output, &values[id][slot])
        let inputs = node.inputs.map { values[$0][program.timeVarying[$0] ? slot : 0] }
        if let neuron = program.neurons[id] {
            try fire(id, neuron, step, inputs[0], into: &output)
        } else {
            program.executable.evaluate(id, inputs, into: &output)
        }
        for named in graph.outputs where named.value == id { outputs[named.name]!.append(output) }
        swap(&output, &values[id][slot])
    }

    private mutating func fire(
        _ id: NodeID, _ neuron: NeuronKernel, _ step: Int, _ input: Tensor, into estimate: inout Tensor
    ) throws {
        let site = graph[id].name
        var state = states[id] ?? restingState(id, neuron, input.shape)
        states[id] = nil
        var counts = [Int64](repeating: 0, count: 2 * neuron.levels)
        let notFinite = program.executable.kernels.step(
            neuron, step: step, input: input.values, sent: &state.sent, baseline: &state.baseline,
            emitted: &state.emitted.values, estimate: &estimate.values, counts: &counts)
        guard notFinite == 0 else {
            throw SpikingError(
                .notFinite,
                "site '\(site)': \(notFinite) of \(input.count) membrane potentials are NaN or infinite at time-step \(step); "
                    + "look at the network's weights and at the input")
        }
        counter.record(
            site: id, step: step, emitted: state.emitted, sent: estimate, spikes: Int(counts.reduce(0, +)))
        spikes[site, default: []].append(counts)
        states[id] = state
    }

    private mutating func restingState(_ id: NodeID, _ neuron: NeuronKernel, _ shape: Shape) -> NeuronState {
        var sent = pool.take(shape)
        for index in sent.values.indices { sent.values[index] = 0 }
        var baseline: [Float] = []
        if neuron.resetsToZero {
            baseline = [Float](repeating: 0, count: shape.count)
        }
        return NeuronState(sent: sent.values, baseline: baseline, emitted: pool.take(shape))
    }

    /// Gives back what no later node reads.
    mutating func release(after id: NodeID) {
        if let state = states[id] { recycle(state) }
        states[id] = nil
        for input in Set(graph[id].inputs) where program.executable.lastUses[input] == id {
            if graph[input].operation != nil { values[input].forEach { pool.give($0) } }
            values[input] = []
        }
    }

    private mutating func recycle(_ state: NeuronState) {
        pool.give(Tensor([state.sent.count], state.sent))
        pool.give(state.emitted)
    }

    func result() -> SimulationResult {
        SimulationResult(outputs: outputs.mapValues { Tensor.stacking($0) }, spikes: spikes, steps: counter.finish())
    }

    /// The memory of this run, for the next one.
    mutating func reclaim() -> TensorPool {
        for (id, node) in graph.nodes.enumerated() {
            if node.operation != nil { values[id].forEach { pool.give($0) } }
            if let state = states[id] { recycle(state) }
        }
        return pool
    }
}
