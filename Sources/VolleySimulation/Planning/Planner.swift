internal import VolleyGraph

/// Finds what can run in one pass: attention from scores to context, a linear layer or a convolution with what follows it.
///
/// Every node is taken by exactly one stage, the first that asks for it: where two layers are added up, the first of them takes
/// the sum and reads the other's value.
struct Planner {
    let graph: Graph
    let neurons: [NodeID: Plan.Neurons]
    /// Whether it plans the ANN, which runs once and has no neurons.
    let isANN: Bool
    let timeVarying: [Bool]
    let multiplyAccumulates: [Int]
    private let consumers: [[NodeID]]
    private let isOutput: Set<NodeID>
    /// By node, whether a stage has it already.
    private var isTaken: [Bool]
    /// Values that attention reads in their layer's order, heads side by side in every token.
    private(set) var keepsTokenOrder: Set<NodeID> = []

    /// Why a node is not the first of a pass.
    struct Unfused: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// - Parameter neurons: by site; nil for the ANN.
    init(_ graph: Graph, neurons: [NodeID: Plan.Neurons]?, timeVarying: [Bool]) {
        self.graph = graph
        self.neurons = neurons ?? [:]
        isANN = neurons == nil
        self.timeVarying = timeVarying
        multiplyAccumulates = graph.multiplyAccumulates
        consumers = graph.consumers
        isOutput = Set(graph.outputs.map(\.value))
        isTaken = Array(repeating: false, count: graph.nodes.count)
    }

    /// All stages in the order of what they make: each behind those whose values it reads.
    mutating func stages() -> [Plan.Stage] {
        var stages: [Plan.Stage] = []
        func take(_ stage: Plan.Stage, in planner: inout Planner) {
            stage.nodes.forEach { planner.isTaken[$0] = true }
            stages.append(stage)
        }
        // Attention first: how it reads q, k and v decides where their layers end.
        var notAttention: [NodeID: String] = [:]
        for (id, node) in graph.nodes.enumerated() where node.operation == .matrixProduct(MatrixProduct()) && !isTaken[id] {
            do {
                let pass = try attention(id)
                keepsTokenOrder.formUnion(pass.keptInTokenOrder)
                take(pass.stage, in: &self)
            } catch {
                notAttention[id] = error.reason
            }
        }
        for (id, node) in graph.nodes.enumerated() {
            guard let operation = node.operation, !isTaken[id] else { continue }
            take(stage(id, operation, notAttention[id]), in: &self)
        }
        return stages.sorted { $0.output < $1.output }
    }

    private func stage(_ id: NodeID, _ operation: Operator, _ notAttention: String?) -> Plan.Stage {
        do throws(Unfused) {
            switch operation {
            case .linear: return try layer(id, .layer)
            case .convolution: return try layer(id, .convolution)
            case _ where !timeVarying[id] && !isANN: throw Unfused("its value does not change over time, so it runs once")
            case .neuron where neurons[id] != nil: return single(id, .neurons, why: "by themselves: \(whyAlone(id))")
            case .matrixProduct: throw Unfused(notAttention ?? "it is no attention's")
            case .activation(let activation) where activation.function.kernel == nil:
                throw Unfused("no pass applies \(activation.function.rawValue)")
            case .activation, .elementwise: throw Unfused("no pass that would take it along ends with what it reads")
            default: throw Unfused("no pass takes \(operation.name) along")
            }
        } catch {
            return single(id, .operation, why: "by itself: \(error.reason)")
        }
    }

    private func single(_ id: NodeID, _ pass: Plan.Stage.Pass, why: String) -> Plan.Stage {
        Plan.Stage(
            pass: pass, inputs: graph[id].inputs.map { .init(value: $0, reading: .values) }, epilogue: [], nodes: [id], output: id,
            booked: id, multiplyAccumulates: multiplyAccumulates[id], why: why)
    }

    // MARK: What follows

    /// The one node that reads a value and nothing else does, where no stage has it, and both run once or both at every time-step.
    func onlyReader(of id: NodeID) -> NodeID? {
        guard consumers[id].count == 1, !isOutput.contains(id), case let reader = consumers[id][0], !isTaken[reader],
            timeVarying[reader] == timeVarying[id]
        else { return nil }
        return reader
    }

    /// Why a pass ends with a value, where it could have gone on.
    func whyItEnds(with id: NodeID) -> String {
        if neurons[id] != nil { return "ends where spikes are sent" }
        if isOutput.contains(id) { return "ends with an output of the network" }
        guard let reader = consumers[id].first else { return "ends with a value that nothing reads" }
        if consumers[id].count > 1 { return "ends with a value that is read \(consumers[id].count) times" }
        if case .alone(let reason) = neurons[reader] { return "ends before the neurons '\(graph[reader].name)': \(reason)" }
        let operation = graph[reader].operation!.name
        if timeVarying[reader] != timeVarying[id] { return "ends with a value that does not change over time, so it runs once" }
        return isTaken[reader]
            ? "ends before \(operation) '\(graph[reader].name)', which another pass has"
            : "ends before \(operation) '\(graph[reader].name)', which it cannot take along"
    }

    /// Why neurons are not at the end of the pass that makes their input.
    private func whyAlone(_ id: NodeID) -> String {
        if case .alone(let reason) = neurons[id] { return reason }
        let input = graph[id].inputs[0]
        guard let operation = graph[input].operation else { return "they read '\(graph[input].name)' as it is" }
        if !timeVarying[input] { return "what they read, '\(graph[input].name)', does not change over time" }
        if isOutput.contains(input) { return "what they read, '\(graph[input].name)', is an output of the network" }
        if consumers[input].count > 1 { return "what they read, '\(graph[input].name)', is read \(consumers[input].count) times" }
        return "\(operation.name) '\(graph[input].name)' does not end a pass that takes neurons along"
    }
}
