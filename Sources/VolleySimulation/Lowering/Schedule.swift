internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// A plan with the kernels of this machine, and when the memory of each value can be let go.
struct Schedule: Sendable {
    let plan: Plan
    let executable: Executable
    /// By site; none in the ANN.
    let neurons: [NodeID: SiteNeurons]
    /// What stays the same at every time-step, then what does not.
    let statics: [LoweredStage]
    let moving: [LoweredStage]
    /// By value: the value whose memory it shares. Reshapes make no copies.
    let roots: [NodeID]
    /// By root, the last of the moving stages that reads it; none for what is kept.
    private(set) var lastReaders: [NodeID: Int] = [:]
    /// By neuron site: whether spikes, and whether estimates are read.
    private(set) var readsCodes: [Bool]
    private(set) var readsEstimates: [Bool]
    /// Whether the attention that alone reads a site counts where its spikes are.
    private(set) var isCountedByAttention: [Bool]

    var graph: Graph { plan.graph }
    var timeVarying: [Bool] { plan.timeVarying }
    /// The network's; that of the ANN does not matter.
    var timing: Timing { neurons.values.first?.timing ?? .plain }

    /// - Parameters:
    ///   - executable: of the plan's graph.
    ///   - neurons: by site.
    ///   - integers: weights by layer, instead of the executable's.
    /// - Throws: ``PlanError`` where the planner made a mistake.
    init(
        _ plan: Plan, on executable: Executable, neurons: [NodeID: SiteNeurons] = [:], integers: [NodeID: IntegerWeights] = [:]
    ) throws(PlanError) {
        self.plan = plan
        self.executable = executable
        self.neurons = neurons
        let lowering = Lowering(plan: plan, executable: executable, neurons: neurons, integers: integers)
        var (statics, moving): ([LoweredStage], [LoweredStage]) = ([], [])
        for stage in plan.statics { statics.append(try lowering.lower(stage)) }
        for stage in plan.moving { moving.append(try lowering.lower(stage)) }
        (self.statics, self.moving) = (statics, moving)
        roots = Self.roots(of: plan.graph)
        readsCodes = Array(repeating: false, count: plan.graph.nodes.count)
        (readsEstimates, isCountedByAttention) = (readsCodes, readsCodes)
        planRelease()
        planOutputs(Set(neurons.keys))
    }

    private mutating func planRelease() {
        for (index, stage) in plan.moving.enumerated() {
            for input in stage.inputs where timeVarying[input.value] { lastReaders[roots[input.value]] = index }
            // A value that nobody reads goes at once.
            lastReaders[roots[stage.output]] = max(index, lastReaders[roots[stage.output]] ?? 0)
        }
        for output in graph.outputs { lastReaders[roots[output.value]] = nil }
    }

    private mutating func planOutputs(_ sites: Set<NodeID>) {
        for input in plan.stages.flatMap(\.inputs) where sites.contains(input.value) {
            switch input.reading {
            case .values: readsEstimates[input.value] = true
            case .spikes: readsCodes[input.value] = true
            case .countedSpikes: (readsCodes[input.value], isCountedByAttention[input.value]) = (true, true)
            }
        }
        for output in graph.outputs where sites.contains(output.value) { readsEstimates[output.value] = true }
    }

    private static func roots(of graph: Graph) -> [NodeID] {
        var roots = Array(graph.nodes.indices)
        for (id, node) in graph.nodes.enumerated() {
            if case .operation(.reshape) = node.content, graph[node.inputs[0]].operation != nil,
                !graph[node.inputs[0]].isNeuronSite
            {
                roots[id] = roots[node.inputs[0]]
            }
        }
        return roots
    }
}
