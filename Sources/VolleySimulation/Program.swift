internal import OrderedCollections
public import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// A spiking network compiled for this machine and a number of time-steps: packed weights, stages, who reads whom.
/// Immutable; any number of sessions share it.
public struct Program: Sendable {
    public let network: SpikingNetwork
    public let timeSteps: Int
    public let weights: WeightFormat
    /// Of the plan's graph.
    public let executable: Executable
    /// Who reads whom over synapses, and what the ANN costs.
    public let synapses: SynapseMap
    /// What rounding the weights changed: `‖W − Ŵ‖ / ‖W‖` of the layer where it is largest; 0 for fp32.
    public let weightError: Double
    /// By how much a value that neurons send was changed at most, as a part of it, or of the root mean square of what arrives where that is
    /// larger: where thresholds of both signs became one, or finer ladders whole numbers.
    public let thresholdError: Double
    /// By linear node: its weights, where they are not fp32.
    private let integers: [NodeID: IntegerWeights]
    public let diagnostics: [Diagnostic]
    /// The stages of the spiking network, and those of the ANN that it was made from.
    let spiking: Schedule
    let analog: Schedule

    /// - Parameter weights: how the weights of layers behind neurons are held. Layers whose neurons send what 16 bits
    ///   cannot hold keep fp32, with a diagnostic.
    /// - Throws: `SpikingError` for fewer than one time-step, ``PlanError`` where the planner made a mistake.
    public init(
        _ network: SpikingNetwork, timeSteps: Int, weights: WeightFormat = .fp32, kernels: Kernels = .best
    ) throws {
        guard timeSteps >= 1 else {
            throw SpikingError(.badSettings, "a simulation needs at least 1 time-step, asked for are \(timeSteps)")
        }
        self.network = network
        self.timeSteps = timeSteps
        self.weights = weights
        let plan = try Plan(network)
        let graph = plan.graph
        executable = Executable(graph, kernels: kernels)
        synapses = SynapseMap(graph)
        let layers = network.layers(in: graph)
        var neurons: [NodeID: SiteNeurons] = [:]
        for (id, layer) in layers {
            neurons[id] = SiteNeurons(layer, network.coding, network.timing, hasScales: graph[id].inputs.count > 1)
        }
        var integers: [NodeID: IntegerWeights] = [:]
        var diagnostics: [Diagnostic] = []
        var thresholdError = 0.0
        for (id, node) in graph.nodes.enumerated() {
            guard let bits = weights.bits, network.timing.isPlain, graph.isLayer(id), let neuron = neurons[node.inputs[0]],
                let weight = graph[node.inputs[1]].constant
            else { continue }
            if graph.layerBias(of: id) == nil {
                diagnostics.append(
                    Diagnostic(node.name, "keeps fp32 weights: its bias is computed, or it has more inputs than integers take, 65 535"))
            } else if neuron.alphabet.wholeNumbers != nil {
                let layer = layers[node.inputs[0]]!, rounded = weights.rounded(layer)
                neurons[node.inputs[0]] = SiteNeurons(rounded, network.coding)
                thresholdError = max(thresholdError, Self.change(layer, rounded), rounded.alphabet.wholeNumbers!.error)
                integers[id] = IntegerWeights(
                    weight.values, outputs: weight.shape[0], inputs: weight.shape.rowCount, bits: bits)
            } else {
                diagnostics.append(
                    Diagnostic(
                        node.name, "keeps fp32 weights: what its neurons send lies too far apart for whole numbers of 16 bits"))
            }
        }
        self.diagnostics = diagnostics + Self.togetherness(executable)
        self.thresholdError = thresholdError
        self.integers = integers
        weightError = integers.values.map(\.relativeError).max() ?? 0
        spiking = try Schedule(plan, on: executable, neurons: neurons, integers: integers)
        let ann = try Plan(ann: network.graph.withoutNeurons())
        analog = try Schedule(ann, on: executable.sharing(with: ann.graph))
    }

    /// By how much a value was changed at most, as a part of it, or of what arrives where that is known to be larger.
    private static func change(_ before: NeuronLayer, _ after: NeuronLayer) -> Double {
        let size = before.model.rootMeanSquare ?? 0
        return zip(before.alphabet.values, after.alphabet.values).reduce(0) {
            $1.0 == $1.1 ? $0 : max($0, Double(abs($1.1 - $1.0) / max(abs($1.0), size)))
        }
    }

    /// Says so where the samples of a batch cannot be parted.
    private static func togetherness(_ executable: Executable) -> [Diagnostic] {
        guard case .together(let id) = executable.batching.rule else { return [] }
        let node = executable.graph[id]
        let reason =
            executable.analysis.layouts[id] == .shared
            ? "sends the same spikes for all samples of a batch" : "relates the samples of a batch to each other"
        return [Diagnostic(node.name, "\(reason): a batch runs as a whole, on one thread, and what it gives is that of this batch")]
    }

    /// What runs in one pass; and the same of the ANN that the network was made from.
    public var plan: Plan { spiking.plan }
    public var annPlan: Plan { analog.plan }

    /// Whether time-steps can run as further samples, many at once, where all of them are there from the start.
    public var foldsTime: Bool { plan.folding == .asSamples }

    /// The ANN that the network was made from, value by value, on the same packed weights.
    public var ann: Evaluator { Evaluator(executable) }

    /// What runs on whole numbers: the names of the layers whose weights do, and by site the neurons before them, with the values that they
    /// send then. Nothing for fp32.
    public var integerLayers: (layers: Set<String>, neurons: [String: NeuronLayer]) {
        let sites = Set(integers.keys.map { plan.graph[$0].inputs[0] })
        let neurons = network.layers(in: plan.graph).filter { sites.contains($0.key) }
        return (
            Set(integers.keys.map { plan.graph[$0].name }),
            Dictionary(uniqueKeysWithValues: neurons.map { (plan.graph[$0.key].name, weights.rounded($0.value)) })
        )
    }

    /// By site the neurons that run: the network's, with the values that they send here.
    public var neurons: [String: NeuronLayer] {
        Dictionary(uniqueKeysWithValues: network.neurons.map { ($0.key, $0.value) }).merging(integerLayers.neurons) { $1 }
    }

    /// The network's graph with the weights that the kernels see.
    func graphWithRoundedWeights() throws -> Graph {
        var rounded: [NodeID: IntegerWeights] = [:]
        for (id, weights) in integers { rounded[plan.graph[id].inputs[1]] = weights }
        return try plan.graph.rebuilt { builder, node, id, inputs in
            guard let weights = rounded[id], let constant = node.constant else { return try builder.copy(node, inputs: inputs) }
            return try builder.constant(node.name, Tensor(constant.shape, weights.values))
        }
    }
}
