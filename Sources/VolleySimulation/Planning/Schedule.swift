internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// A graph cut into stages for this machine, and when each value can be let go.
struct Schedule: Sendable {
    let executable: Executable
    /// By node; none in the ANN.
    let neurons: [NodeID: SiteNeurons]
    let timeVarying: [Bool]
    /// What stays the same at every time-step, then what does not.
    private(set) var statics: [Stage] = []
    private(set) var moving: [Stage] = []
    /// By value: the value whose memory it shares. Reshapes make no copies.
    let roots: [NodeID]
    /// By root, the last of the moving stages that reads it; none for what is kept.
    private(set) var lastReaders: [NodeID: Int] = [:]
    /// Whether time-steps can be folded into the batch axis, as further samples.
    private(set) var foldsTime = true
    /// Multiply-accumulates of each node for one sample.
    let multiplyAccumulates: [Int]
    /// Elements of the largest value that is held, for one sample.
    private(set) var largestValue = 1
    /// By neuron site: whether spikes, and whether estimates are read.
    private(set) var readsCodes: [Bool]
    private(set) var readsEstimates: [Bool]
    /// Whether the attention that alone reads a site counts where its spikes are.
    private(set) var isCountedByAttention: [Bool]

    var graph: Graph { executable.graph }

    /// - Parameters:
    ///   - neurons: by node; nil for the ANN, where everything that depends on the input counts as moving.
    ///   - integers: weights by linear node, instead of the executable's.
    /// - Throws: ``ScheduleError`` where the planner made a mistake.
    init(_ executable: Executable, neurons: [NodeID: SiteNeurons]?, integers: [NodeID: IntegerWeights]) throws {
        self.executable = executable
        self.neurons = neurons ?? [:]
        let graph = executable.graph
        timeVarying = neurons == nil ? graph.dependsOnInput : graph.isTimeVarying
        multiplyAccumulates = graph.multiplyAccumulates
        roots = Self.roots(of: graph)
        readsCodes = Array(repeating: false, count: graph.nodes.count)
        (readsEstimates, isCountedByAttention) = (readsCodes, readsCodes)
        var planner = StagePlanner(executable, neurons: neurons, integers: integers, timeVarying: timeVarying)
        for stage in planner.stages() {
            if timeVarying[stage.output] { moving.append(stage) } else { statics.append(stage) }
            largestValue = max(largestValue, graph[stage.output].shape.perSample.count)
        }
        try check(neurons ?? [:])
        foldsTime = moving.allSatisfy(foldsTime)
        planRelease()
        planOutputs(neurons ?? [:])
    }

    /// Whether a stage takes time-steps for further samples: its values are proved to hold samples apart, and where its kernel
    /// takes one step after the other, the batch is the outermost of what it reads and makes.
    private func foldsTime(_ stage: Stage) -> Bool {
        guard let axis = executable.analysis.layouts[stage.output].axis else { return false }
        if case .operation = stage { return true }
        let read = stage.readings(graph).compactMap { id, _ in executable.analysis.layouts[id].axis.map { (id, $0) } }
        return (read + [(stage.output, axis)]).allSatisfy { id, axis in axis.outer(graph[id].shape.perSample.dimensions) == 1 }
    }

    private mutating func planRelease() {
        for (index, stage) in moving.enumerated() {
            for (input, _) in stage.readings(graph) where timeVarying[input] { lastReaders[roots[input]] = index }
            // A value that nobody reads goes at once.
            lastReaders[roots[stage.output]] = max(index, lastReaders[roots[stage.output]] ?? 0)
        }
        for output in graph.outputs { lastReaders[roots[output.value]] = nil }
    }

    private mutating func planOutputs(_ neurons: [NodeID: SiteNeurons]) {
        for stage in statics + moving {
            for (input, reading) in stage.readings(graph) where neurons[input] != nil {
                switch reading {
                case .values: readsEstimates[input] = true
                case .spikes: readsCodes[input] = true
                case .countedSpikes: (readsCodes[input], isCountedByAttention[input]) = (true, true)
                }
            }
        }
        for output in graph.outputs where neurons[output.value] != nil { readsEstimates[output.value] = true }
    }

    private static func roots(of graph: Graph) -> [NodeID] {
        var roots = Array(graph.nodes.indices)
        for (id, node) in graph.nodes.enumerated() {
            if case .operation(.reshape) = node.content, graph[node.inputs[0]].operation != nil,
                graph[node.inputs[0]].operation != .neuron(NeuronSite())
            {
                roots[id] = roots[node.inputs[0]]
            }
        }
        return roots
    }
}
