internal import OrderedCollections
internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// One run of a schedule over a group of samples. Time-steps are folded into the batch axis: a value that changes over time
/// holds those of `steps` time-steps one behind the other, `[steps · batch, …]`.
struct Run {
    let schedule: Schedule
    let batch: Int
    let inputs: BoundInputs
    /// Time-steps that a stage takes at once: many (layer-sequential) or one (step-sequential). The last ones may be fewer.
    let mostSteps: Int
    private(set) var steps: Int
    let keepsState: Bool
    var workspace: Workspace
    var counter: SynapseCounter?
    let profile: Profile?
    let tracing: SpikeTracing?
    /// By site, `[T][2n]`.
    var spikes: OrderedDictionary<String, [[Int64]]> = [:]
    /// By root; static values hold one step.
    var values: [[Float]]
    /// By site.
    var codes: [NodeID: [Int8]] = [:]
    /// By static value: the same once per step.
    var tiled: [NodeID: [Float]] = [:]
    /// By the stage's last node.
    var layerStates: [NodeID: LayerState] = [:]
    var neuronStates: [NodeID: NeuronState] = [:]
    var ruleStates: [NodeID: RuleState] = [:]
    var steppedStates: [NodeID: SteppedNeurons] = [:]
    var pools: [NodeID: SteppedPool] = [:]
    /// By the site behind the softmax; and, of q, k and v, by the stage's last node.
    var attentionStates: [NodeID: [Float]] = [:]

    var graph: Graph { schedule.graph }
    var kernels: Kernels { schedule.executable.kernels }

    init(
        _ schedule: Schedule, _ inputs: BoundInputs, steps: Int, keepsState: Bool, workspace: consuming Workspace, counter: SynapseCounter?,
        profile: Profile?, tracing: SpikeTracing?
    ) {
        self.schedule = schedule
        batch = inputs.batch
        self.inputs = inputs
        mostSteps = steps
        self.steps = steps
        self.keepsState = keepsState
        self.workspace = workspace
        self.counter = counter
        self.profile = profile
        self.tracing = tracing
        values = Array(repeating: [], count: schedule.graph.nodes.count)
        // In the graph's order, whatever the order of stages.
        for node in schedule.graph.nodes where node.isNeuronSite { spikes[node.name] = [] }
    }

    /// Everything that stays the same at every step, once.
    mutating func computeStatics() throws {
        for (id, node) in graph.nodes.enumerated() {
            switch node.content {
            case .input: values[id] = inputs[node.name]!.values
            case .constant(let tensor): values[id] = tensor.values
            case .operation: break
            }
        }
        for stage in schedule.statics { try execute(stage, firstStep: 1) }
    }

    /// Runs some time-steps, at most ``mostSteps``, of everything else.
    mutating func computeSteps(_ range: Range<Int>) throws {
        if steps != range.count {
            steps = range.count
            tiled.values.forEach { workspace.floats.give($0) }
            tiled = [:]
        }
        let firstStep = range.lowerBound
        for (index, stage) in schedule.moving.enumerated() {
            try execute(stage, firstStep: firstStep)
            for value in Set(stage.plan.inputs.map(\.value) + [stage.plan.output])
            where schedule.lastReaders[schedule.roots[value]] == index {
                release(schedule.roots[value])
            }
        }
    }

    /// The values of an output at `steps` time-steps, `[steps, …]`.
    func output(_ id: NodeID) -> [Float] {
        let value = values[schedule.roots[id]]
        guard schedule.timeVarying[id] else { return Array((0..<steps).map { _ in value }.joined()) }
        let outer = outer(id)
        if steps == 1 || outer == 1 { return value }
        // Folded, it is [outer, steps, inner].
        let inner = value.count / max(1, outer * steps)
        var result = Tensor([steps, outer, inner])
        result.fill(from: value, offset: 0, strides: [inner, steps * inner, 1])
        return result.values
    }

    /// How often the elements of a value run through the batch.
    func outer(_ id: NodeID) -> Int {
        schedule.executable.analysis.layouts[id].axis?.outer(graph[id].shape.resolved(batch: batch).dimensions) ?? 1
    }

    /// The memory of this run, for the next one.
    mutating func reclaim() -> Workspace {
        for (id, node) in graph.nodes.enumerated() where node.operation != nil && schedule.roots[id] == id { release(id) }
        tiled.values.forEach { workspace.floats.give($0) }
        for state in layerStates.values { workspace.floats.give(state.sums); workspace.floats.give(state.sent) }
        for state in neuronStates.values { workspace.floats.give(state.sent); workspace.floats.give(state.baseline) }
        attentionStates.values.forEach { workspace.floats.give($0) }
        return workspace
    }

    private mutating func release(_ root: NodeID) {
        var array: [Float] = []
        swap(&array, &values[root])
        workspace.floats.give(array)
        if let spikes = codes.removeValue(forKey: root) { workspace.codes.give(spikes) }
    }

    func repeats(_ id: NodeID) -> Int { schedule.timeVarying[id] ? steps : 1 }

    func count(_ id: NodeID) -> Int { graph[id].shape.resolved(batch: batch).count }

    private mutating func execute(_ stage: LoweredStage, firstStep: Int) throws {
        let watch = profile?.start()
        switch stage.kernel {
        case .operation:
            if let pooling = graph[stage.plan.output].spikePooling, schedule.timeVarying[stage.plan.output] {
                pool(stage.plan.output, pooling, firstStep)
            } else {
                evaluate(stage.plan.output)
            }
        case .neurons(let neurons): try fire(stage.plan.output, neurons, firstStep)
        case .layer(let layer): try run(layer, firstStep)
        case .attention(let attention): try run(attention, firstStep)
        }
        if let watch { book(stage, since: watch) }
    }
}
