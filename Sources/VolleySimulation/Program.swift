public import VolleySpiking
public import VolleyGraph
public import VolleyTensors

/// A spiking network compiled for this machine and a number of time-steps. Immutable; any number of sessions share it.
public struct Program: Sendable {
    public let network: SpikingNetwork
    public let timeSteps: Int
    public let executable: Executable
    /// Who reads whom over synapses, and what the ANN costs.
    public let synapses: SynapseMap
    let timeVarying: [Bool]
    /// By node: the neuron layer that stands there.
    let neurons: [NeuronKernel?]

    /// - Throws: `SpikingError` for fewer than one time-step.
    public init(_ network: SpikingNetwork, timeSteps: Int, kernels: Kernels = .best) throws {
        guard timeSteps >= 1 else {
            throw SpikingError(.badSettings, "a simulation needs at least 1 time-step, asked for are \(timeSteps)")
        }
        self.network = network
        self.timeSteps = timeSteps
        executable = Executable(network.graph, kernels: kernels)
        synapses = SynapseMap(network.graph)
        timeVarying = network.graph.isTimeVarying
        neurons = network.graph.nodes.indices.map { network.layer(at: $0)?.kernel(network.coding) }
    }

    /// The ANN that the network was made from, on the same packed weights.
    public var ann: Evaluator { Evaluator(executable) }
}
