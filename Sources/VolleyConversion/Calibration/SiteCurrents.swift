internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// The currents `I(t)` that arrive at the neurons of a spiking network under rate coding, step by step.
struct SiteCurrents: Sendable {
    private let network: SpikingNetwork
    private let timeSteps: Int
    /// By value: the neuron sites that read it.
    private let readers: [NodeID: [Node]]
    /// The values among them that do not change over time.
    private let constant: [String: NodeID]
    private let evaluator: Evaluator

    /// - Throws: ``ConversionError`` for another coding or fewer than one time-step.
    init(_ network: SpikingNetwork, timeSteps: Int) throws {
        guard network.coding == .rate else {
            throw ConversionError(.badSettings, "currents are observed under rate coding, this network has \(network.coding.rawValue) coding")
        }
        guard timeSteps >= 1 else {
            throw ConversionError(.badSettings, "currents are observed for at least 1 time-step, asked for are \(timeSteps)")
        }
        let graph = network.graph
        let isTimeVarying = graph.isTimeVarying
        self.network = network
        self.timeSteps = timeSteps
        let sites = graph.neuronSites.sorted()
        readers = Dictionary(grouping: sites) { graph[$0].inputs[0] }.mapValues { $0.map { graph[$0] } }
        constant = Dictionary(uniqueKeysWithValues: readers.keys.filter { !isTimeVarying[$0] }.map { (graph[$0].name, $0) })
        evaluator = Evaluator(graph)
    }

    /// Runs some samples for all time-steps and emits each site's current at each step.
    @Sendable func run(_ inputs: [String: Tensor], _ emit: (Node, Tensor) -> Void) throws {
        // What does not change over time arrives at every step: the analog values in front of the first neurons.
        _ = try evaluator.run(inputs) { node, value in
            guard let id = constant[node.name] else { return }
            for _ in 0..<timeSteps { readers[id]!.forEach { emit($0, value) } }
        }
        _ = try ReferenceSimulator(network, timeSteps: timeSteps, kernels: .best).run(inputs) { _, id, current in
            readers[id]?.forEach { emit($0, current) }
        }
    }
}
