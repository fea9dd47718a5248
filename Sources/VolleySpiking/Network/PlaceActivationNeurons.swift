public import VolleyGraph
internal import VolleyTensors

/// Puts neurons in the place of activation functions: where a rectifier, or a bounded or rounded one, stood, a train of spikes takes its
/// value's place (methods of rate coding since Cao, Chen and Khosla, 2015).
///
/// There may be more of them: at the inputs, behind pools, and at the outputs.
public struct PlaceActivationNeurons: Sendable, Hashable {
    /// What becomes of a maximum pool.
    public enum MaximumRule: String, Sendable, Hashable, Codable, CaseIterable {
        /// There may be none.
        case refused = "refused"
        /// The maximum of the estimates: what a window has sent is the largest of what its members have. Lateral inhibition pooling: Li
        /// and Zeng, IJCAI 2022, section 3.3.
        case lateralInhibition = "lateral-inhibition"
        /// The spike of the member that has sent most.
        case gated
        /// The same; of several, the one that sends most at this step.
        case gatedLargest = "gated-largest"
        /// The largest of a step's spikes.
        case stepMaximum = "step-maximum"
        /// The largest of a step's currents, before the neuron.
        case beforeNeuron = "before-neuron"

        fileprivate var spikeRule: Pooling.SpikeRule? {
            switch self {
            case .refused, .lateralInhibition: nil
            case .gated: .gateFirst
            case .gatedLargest: .gateLargest
            case .stepMaximum, .beforeNeuron: .stepMaximum
            }
        }
    }

    /// What a site stands for.
    public enum Role: Sendable, Hashable { case input, activation, pool, output }

    public var maximum: MaximumRule
    public var inputs: Bool
    public var pools: Bool
    public var outputs: Bool

    public init(maximum: MaximumRule = .lateralInhibition, inputs: Bool = false, pools: Bool = false, outputs: Bool = false) {
        self.maximum = maximum
        self.inputs = inputs
        self.pools = pools
        self.outputs = outputs
    }

    /// - Returns: the graph with its sites, and by name what each stands for.
    /// - Throws: `GraphError` where a name is taken.
    public func apply(to graph: Graph) throws -> (graph: Graph, roles: [String: Role]) {
        let consumers = graph.consumers
        let results = Set(graph.outputs.map(\.value))
        let depends = graph.dependsOnInput
        var roles: [String: Role] = [:]
        func place(_ name: String, _ site: NeuronSite, _ role: Role, on value: NodeID, in builder: inout GraphBuilder) throws -> NodeID {
            roles[name] = role
            return try builder.add(name, .neuron(site), [value])
        }
        /// Whether a pool follows that is taken before the neurons.
        func isPooledFirst(_ id: NodeID) -> Bool {
            guard maximum == .beforeNeuron, consumers[id].count == 1, !results.contains(id) else { return false }
            return graph[consumers[id][0]].isMaximumPool
        }
        let placed = try graph.rebuilt { builder, node, id, inputs in
            guard let operation = node.operation else {
                let value = try builder.copy(node, inputs: inputs)
                guard self.inputs, node.content == .input else { return value }
                return try place(node.name + ".spikes", NeuronSite(), .input, on: value, in: &builder)
            }
            guard depends[id] else { return try builder.copy(node, inputs: inputs) }
            if let activation = ReplacedActivation(operation) {
                if isPooledFirst(id) { return inputs[0] }
                return try place(node.name, NeuronSite(insteadOf: activation), .activation, on: inputs[0], in: &builder)
            }
            var value: NodeID
            if case .pooling(var pooling) = operation {
                if node.isMaximumPool { pooling.spikeRule = maximum.spikeRule }
                value = try builder.add(node.name, .pooling(pooling), inputs)
                let source = graph[node.inputs[0]]
                if node.isMaximumPool, isPooledFirst(node.inputs[0]), let activation = source.operation.flatMap(ReplacedActivation.init) {
                    value = try place(source.name, NeuronSite(insteadOf: activation), .activation, on: value, in: &builder)
                } else if pools {
                    value = try place(node.name + ".neurons", NeuronSite(), .pool, on: value, in: &builder)
                }
            } else {
                value = try builder.copy(node, inputs: inputs)
            }
            guard outputs, results.contains(id), !builder[value].isNeuronSite else { return value }
            return try place(node.name + ".neurons", NeuronSite(), .output, on: value, in: &builder)
        }
        return (placed, roles)
    }
}

extension Node {
    /// Whether it is a maximum pool.
    public var isMaximumPool: Bool {
        if case .operation(.pooling(let pooling)) = content { pooling.function == .maximum } else { false }
    }
}
