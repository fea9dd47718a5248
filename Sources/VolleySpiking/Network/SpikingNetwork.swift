public import OrderedCollections
public import VolleyGraph
public import VolleyTensors

/// A spiking neural network: the graph of the ANN with places for neurons, and the neuron layers that stand there.
///
/// It is the contract between conversion and simulation: neither knows the other.
public struct SpikingNetwork: Sendable, Hashable {
    /// The network with `NeuronSite` nodes; evaluated as it is, it computes the ANN.
    public private(set) var graph: Graph
    public let coding: Coding
    /// When it is fed, and what a time-step weighs.
    public let timing: Timing
    /// By site name, in the order of the graph.
    public private(set) var neurons: OrderedDictionary<String, NeuronLayer>
    /// How images become inputs, where the model says so.
    public var preprocessing: Preprocessing?
    /// The names of the classes, where the model knows them.
    public var classNames: [String]?
    public var provenance: Provenance
    /// How closely it followed its ANN when it was converted; nil where that was not looked at.
    public var fidelity: Fidelity?

    /// - Throws: ``SpikingError`` when layers and places do not match or a layer is impossible.
    public init(
        graph: Graph, coding: Coding, timing: Timing = .plain, neurons: [String: NeuronLayer], preprocessing: Preprocessing? = nil,
        classNames: [String]? = nil, provenance: Provenance
    ) throws {
        self.graph = graph
        self.coding = coding
        self.timing = timing
        if let problem = timing.problem(coding) { throw SpikingError(.malformed, problem) }
        self.neurons = try Self.inOrder(neurons, of: graph, coding)
        self.preprocessing = preprocessing
        self.classNames = classNames
        self.provenance = provenance
    }

    /// The same network with another graph, other neurons, or both; everything else stays as it is.
    /// - Throws: ``SpikingError`` when layers and places do not match or a layer is impossible.
    public func replacing(graph: Graph? = nil, neurons: [String: NeuronLayer]? = nil) throws -> SpikingNetwork {
        var network = self
        network.graph = graph ?? self.graph
        network.neurons = try Self.inOrder(
            neurons ?? Dictionary(uniqueKeysWithValues: self.neurons.map { ($0.key, $0.value) }), of: network.graph, coding)
        return network
    }

    /// A layer for each site, in the order of the graph.
    private static func inOrder(
        _ neurons: [String: NeuronLayer], of graph: Graph, _ coding: Coding
    ) throws -> OrderedDictionary<String, NeuronLayer> {
        let sites = Self.sites(of: graph)
        let missing = sites.filter { neurons[$0] == nil }
        guard missing.isEmpty else {
            throw SpikingError(
                .malformed,
                "no neuron layer is given for \(missing.count) of \(sites.count) sites: "
                    + missing.prefix(5).joined(separator: ", ") + (missing.count > 5 ? ", …" : ""))
        }
        let unknown = neurons.keys.filter { !sites.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw SpikingError(
                .malformed,
                "the network has no site named \(unknown.prefix(5).joined(separator: ", ")); its sites are "
                    + sites.prefix(5).joined(separator: ", ") + (sites.count > 5 ? ", …" : ""))
        }
        for site in sites {
            if let problem = neurons[site]!.model.problem(coding) {
                throw SpikingError(.malformed, "site '\(site)': \(problem)")
            }
        }
        return OrderedDictionary(uniqueKeysWithValues: sites.map { ($0, neurons[$0]!) })
    }

    /// The names of the places for neurons, in order.
    public static func sites(of graph: Graph) -> [String] {
        graph.nodes.filter { if case .operation(.neuron) = $0.content { true } else { false } }.map(\.name)
    }

    /// The neuron layers by the nodes at which they stand in a graph that has this network's sites.
    public func layers(in graph: Graph) -> [NodeID: NeuronLayer] {
        var layers: [NodeID: NeuronLayer] = [:]
        for (id, node) in graph.nodes.enumerated() where node.isNeuronSite { layers[id] = neurons[node.name] }
        return layers
    }

    /// The neuron layer that stands at a node.
    public func layer(at id: NodeID) -> NeuronLayer? {
        if case .operation(.neuron) = graph[id].content { neurons[graph[id].name] } else { nil }
    }

    /// Sites that can never fire, one diagnostic each.
    public var diagnostics: [Diagnostic] {
        neurons.compactMap { site, layer in
            layer.isSilent ? Diagnostic(site, "no threshold of this site is positive, so its neurons never fire") : nil
        }
    }
}
