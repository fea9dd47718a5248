public import VolleyGraph
public import VolleyTensors

extension Tensor {
    /// The codes of one time-step of recorded spikes `[T, …]`, which neurons send instead of what they would.
    /// - Parameters:
    ///   - step: counted from 1.
    ///   - site: that of the neurons, for errors.
    /// - Throws: ``SpikingError`` behind the last step of the record, and for what the neurons cannot send.
    public func codes(at step: Int, for site: String, of alphabet: Alphabet) throws -> [Int8] {
        guard step <= shape[0] else {
            throw SpikingError(.badSettings, "the recorded spikes for '\(site)' hold \(shape[0]) time-steps; at most as many can be run")
        }
        let width = shape.rowCount
        let codes = values[(step - 1) * width..<step * width].map { Int8($0) }
        let possible = Set(alphabet.codes + [0])
        guard let wrong = codes.first(where: { !possible.contains($0) }) else { return codes }
        throw SpikingError(
            .badSettings,
            "the recorded spikes for '\(site)' hold \(wrong) at time-step \(step); its neurons send 0 or one of "
                + alphabet.codes.map { "\($0)" }.joined(separator: ", "))
    }
}

extension SpikingNetwork {
    /// Whether recorded spikes can stand for neurons behind layers. In networks with convolutions they cannot: there, neurons run in one
    /// pass with the layer before them.
    public var takesTrainsOfSites: Bool {
        !graph.nodes.contains { if case .operation(.convolution) = $0.content { true } else { false } }
    }

    /// Checks that recorded spikes are for neurons at inputs, or for other sites whose neurons step by themselves.
    /// - Throws: ``SpikingError`` for a record that no neurons would send.
    public func checkTrains(_ inputs: BoundInputs) throws {
        for id in graph.inputs where inputs.train(id) != nil {
            guard graph.nodes.contains(where: { $0.isNeuronSite && $0.inputs[0] == id }) else {
                throw SpikingError(
                    .badSettings,
                    "there are recorded spikes for the input '\(graph[id].name)', but no neurons stand there: the network is fed with values as they are"
                )
            }
        }
        for (id, node) in graph.nodes.enumerated() where inputs.train(ofSite: node.name) != nil {
            guard let layer = layer(at: id) else { continue }
            guard takesTrainsOfSites, node.inputs.count > 1 || layer.model.kernel(coding) == nil else {
                throw SpikingError(
                    .badSettings,
                    "there are recorded spikes for the site '\(node.name)'; they can stand for neurons that do not run in one pass with others, in "
                        + "networks without convolutions")
            }
        }
    }
}
