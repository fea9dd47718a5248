internal import OrderedCollections
internal import VolleyFormats
internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// A network on its way into NIR, node by node in the order of its graph.
struct NIRTranslation {
    let network: SpikingNetwork
    let pools: NIRExport.Pools
    var graph: NIRGraph
    /// By value of the network; none for constants and for what was refused.
    var values: [NodeID: [NIRTerm]] = [:]
    var refusals: [(name: String, reason: String)] = []
    /// How results differ from the network's, and what is only good to know.
    var differences: [String] = []
    var remarks: [String] = []
    /// By node of NIR what it is called in the network, and what an output's values are multiplied with.
    var names: [String: HDF5Object] = [:]
    var outputScales: [String: HDF5Object] = [:]
    /// The nodes that neurons became, with their thresholds in NIR's units.
    var sites: [(node: String, neuron: IntegrateAndFireNeuron, thresholds: [Float])] = []

    /// Up to this version of `nir` an IF resets by subtraction; after it, to the value `v_reset`.
    static let subtracting = "1.0.5"
    static let resettingToValue = "1.0.8"

    init(_ network: SpikingNetwork, pools: NIRExport.Pools) {
        (self.network, self.pools) = (network, pools)
        graph = NIRGraph(version: Self.resettingToValue)
    }

    var notes: [String] { differences + remarks }

    /// - Throws: ``ExportError`` with all nodes that cannot be said.
    mutating func run() throws {
        let source = network.graph
        if network.coding != .rate {
            refusals.append(("network", "it is coded differentially, and NIR has rate coding alone: its spikes are all worth the same"))
        }
        if !network.timing.isPlain {
            refusals.append(("network", "its time-steps are not all alike: it is probed first, or its input ends"))
        }
        for (id, node) in source.nodes.enumerated() where node.constant == nil { translate(id, node) }
        for output in source.outputs { addOutput(output) }
        checkResets()
        guard refusals.isEmpty else {
            throw ExportError(
                format: "NIR", nodes: refusals,
                advice:
                    "NIR has networks of integrate-and-fire neurons with one threshold, as methods like 'rueckauer' and 'opi' make them of CNNs with "
                    + "average pools.")
        }
        describe()
    }

    mutating func refuse(_ node: Node, _ reason: String) { refusals.append((node.name, reason)) }

    private mutating func translate(_ id: NodeID, _ node: Node) {
        guard let operation = node.operation else {
            let name = network.graph.inputs.count == 1 ? "input" : node.name
            guard let shape = sampleShape(node.shape) else { return refuse(node, "it has no samples along its first axis") }
            values[id] = [NIRTerm(node: add(name, for: node, NIRGraph.Node("Input", ["shape": .integers(shape.dimensions)]), []), scale: .one)]
            return
        }
        let read = node.inputs.filter { network.graph[$0].constant == nil }
        guard let first = read.first else { return }
        // Even where it is refused, what reads it is looked at: an error lists all nodes.
        defer { if values[id] == nil { values[id] = [NIRTerm(node: "refused \(id)", scale: .one)] } }
        guard read.allSatisfy({ values[$0] != nil }) else { return refuse(node, "it reads what is computed of constants") }
        guard let input = sampleShape(network.graph[first].shape), let output = sampleShape(node.shape) else {
            return refuse(node, "its samples do not lie along the first axis")
        }
        if case .elementwise(let elementwise) = operation { return translate(elementwise, id, node, output) }
        guard first == node.inputs[0] else { return refuse(node, "it is applied to a constant") }
        switch operation {
        case .convolution(let convolution): translate(convolution, id, node, input)
        case .linear: translateLinear(id, node, input)
        case .pooling(let pooling): translate(pooling, id, node, input, output)
        case .reduction(let reduction): translate(reduction, id, node, input)
        case .reshape: translateReshape(id, node, input, output)
        case .neuron: translateNeurons(id, node, input)
        case .softmax where network.graph.consumers[id].isEmpty:
            values[id] = values[node.inputs[0]]
            differences.append("The softmax '\(node.name)' at the end is left out: take it of the mean, where probabilities are needed.")
        default: refuse(node, "NIR has no operator for it (\(operation.name))")
        }
    }

    /// The shape of one sample.
    func sampleShape(_ shape: SymbolicShape) -> Shape? {
        guard shape.dimensions.first == .batch, shape.dimensions.dropFirst().allSatisfy({ !$0.scalesWithBatch }) else { return nil }
        return Shape(shape.dimensions.dropFirst().map(\.size))
    }

    mutating func add(_ name: String, for node: Node, _ content: NIRGraph.Node, _ sources: [String]) -> String {
        let added = graph.add(name, content, reading: sources)
        names[added] = .text(node.name)
        return added
    }

    // MARK: Sums and scales

    /// The nodes whose sum a value is, with one scale for all of them: where they differ, `Scale` nodes even them out.
    mutating func settle(
        _ terms: [NIRTerm], _ shape: Shape, for node: Node, when isFine: (NIRScale) -> Bool = { _ in true }
    ) -> (
        nodes: [String], scale: NIRScale
    ) {
        if Set(terms.map(\.scale)).count == 1, isFine(terms[0].scale) { return (terms.map(\.node), terms[0].scale) }
        let nodes = terms.map { term in
            term.scale == .one ? term.node : addScale(term.scale.elements(shape), shape, to: [term.node], for: node)
        }
        return (nodes, .one)
    }

    mutating func addScale(_ elements: [Float], _ shape: Shape, to sources: [String], for node: Node) -> String {
        add(node.name + "_scale", for: node, NIRGraph.Node("Scale", ["scale": .floats(Tensor(shape, elements))]), sources)
    }

    private mutating func translate(_ elementwise: Elementwise, _ id: NodeID, _ node: Node, _ shape: Shape) {
        let constants = node.inputs.map { network.graph[$0].constant }
        switch (elementwise.function, constants[0], constants[1]) {
        case (.add, nil, nil):
            guard node.inputs.allSatisfy({ network.graph[$0].shape == node.shape }) else {
                return refuse(node, "it stretches a value, and edges of NIR join values of one shape")
            }
            let terms = node.inputs.flatMap { values[$0]! }
            guard Set(terms.map(\.node)).count == terms.count else {
                return refuse(node, "it adds a value to itself, and NIR allows one edge between two nodes")
            }
            values[id] = terms
        case (.multiply, let constant?, nil), (.multiply, nil, let constant?): scale(id, node, shape, by: constant) { $0 }
        case (.divide, nil, let constant?): scale(id, node, shape, by: constant) { 1 / $0 }
        default: refuse(node, "NIR has no operator for it (\(elementwise.function.rawValue))")
        }
    }

    private mutating func scale(_ id: NodeID, _ node: Node, _ shape: Shape, by constant: Tensor, _ factor: (Float) -> Float) {
        let source = node.inputs.first { network.graph[$0].constant == nil }!
        guard network.graph[source].shape == node.shape else { return refuse(node, "it stretches a value, and NIR does not") }
        guard let elements = Self.stretched(constant, to: shape)?.map(factor) else {
            return refuse(node, "it multiplies the samples of a batch by different numbers")
        }
        let (nodes, before) = settle(values[source]!, shape, for: node)
        if let scale = NIRScale(elements, shape: shape) {
            values[id] = nodes.map { NIRTerm(node: $0, scale: before * scale) }
        } else {
            let both = zip(elements, before.elements(shape)).map(*)
            values[id] = [NIRTerm(node: addScale(both, shape, to: nodes, for: node), scale: .one)]
        }
    }

    /// The elements of a constant that is stretched to a value's shape; nil where it has several samples of its own.
    private static func stretched(_ constant: Tensor, to shape: Shape) -> [Float]? {
        let target = [1] + shape.dimensions
        let missing = target.count - constant.shape.rank
        guard missing >= 0 else { return nil }
        let lengths = [Int](repeating: 1, count: missing) + constant.shape.dimensions
        guard zip(lengths, target).allSatisfy({ $0 == $1 || $0 == 1 }) else { return nil }
        return (0..<shape.count).map { element in
            var (rest, place, stride) = (element, 0, 1)
            for axis in target.indices.reversed() {
                if lengths[axis] > 1 { place += rest % target[axis] * stride }
                stride *= lengths[axis]
                rest /= target[axis]
            }
            return constant.values[place]
        }
    }
}
