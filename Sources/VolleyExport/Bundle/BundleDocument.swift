internal import OrderedCollections
internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// `network.json`: everything of a network but its arrays.
struct BundleDocument: Codable {
    static let format = "volley-bundle"

    struct Value: Codable {
        var name: String
        var node: String
        var shape: SymbolicShape
    }

    struct Node: Codable {
        var name: String
        /// "input", "constant" or "operation".
        var role: GraphDocument.Entry.Role
        var operation: VolleyGraph.Operator?
        var inputs: [String]
        var readers: [String]
        var shape: SymbolicShape
        var changesOverTime: Bool
        var multiplyAccumulates: Int
    }

    struct Code: Codable {
        var code: Int
        var value: Float
        var spikes: Int
    }

    /// Thresholds of one sign, smallest first, and from which size of the membrane potential on each fires.
    struct Side: Codable {
        var thresholds: [Float]
        var cutoffs: [Float]
    }

    struct Site: Codable {
        var name: String
        var reads: String
        /// The constant that divides what arrives; nil for none.
        var divisors: String?
        var readers: [String]
        var neurons: NeuronLayer
        var initialPotential: Float?
        var codes: [Code]
        /// Of ladders, the sides that fire.
        var positive: Side?
        var negative: Side?
    }

    /// What a code of the neurons in front adds to a layer's outputs: `±2^shift · copies[copy]`.
    struct Copy: Codable {
        var code: Int
        var copy: Int
        var shift: Int
        var isNegative: Bool
        /// What the copy's weights were multiplied with.
        var factor: Float
    }

    struct Layer: Codable {
        var name: String
        var weight: String
        var scales: String?
        var bias: String?
        /// The site whose spikes it reads; nil for analog values.
        var site: String?
        var copies: [Copy]?
    }

    var format = Self.format
    var version = 1
    var method: String
    var citation: String
    var caveats: [String]
    var settings: [String: String]
    var coding: Coding
    var timing: Timing
    var inputs: [Value]
    var outputs: [Value]
    var nodes: [Node]
    var sites: [Site]
    var layers: [Layer]
    var preprocessing: Preprocessing?
    var classNames: [String]?

    init(_ bundle: BundleLayers) {
        let (network, graph) = (bundle.network, bundle.graph)
        (method, citation, settings) = (network.provenance.method, network.provenance.citation, network.provenance.settings)
        caveats = network.provenance.caveats
        (coding, timing, preprocessing, classNames) = (network.coding, network.timing, network.preprocessing, network.classNames)
        inputs = graph.inputs.map { Value(name: graph[$0].name, node: graph[$0].name, shape: graph[$0].shape) }
        outputs = graph.outputs.map { Value(name: $0.name, node: graph[$0.value].name, shape: graph[$0.value].shape) }
        let entries = GraphDocument(graph).nodes
        let (readers, varying, costs) = (graph.consumers, graph.isTimeVarying, graph.multiplyAccumulates)
        func names(_ ids: [NodeID]) -> [String] { ids.map { graph[$0].name } }
        nodes = entries.enumerated().map { id, entry in
            Node(
                name: entry.name, role: entry.role, operation: entry.operation, inputs: entry.inputs ?? [], readers: names(readers[id]),
                shape: entry.shape, changesOverTime: varying[id], multiplyAccumulates: costs[id])
        }
        sites = graph.nodes.indices.compactMap { id in
            guard let layer = network.layer(at: id) else { return nil }
            return Site(layer, reads: names(graph[id].inputs), name: graph[id].name, readers: names(readers[id]))
        }
        layers = bundle.layers.map { layer in
            Layer(
                name: graph[layer.node].name, weight: graph[layer.weight].name,
                scales: layer.integers == nil ? nil : graph[layer.weight].name + "/scales", bias: layer.bias.map { graph[$0].name },
                site: layer.site.map { graph[$0].name }, copies: bundle.copies(of: layer))
        }
    }
}

extension BundleDocument.Site {
    init(_ layer: NeuronLayer, reads: [String], name: String, readers: [String]) {
        let alphabet = layer.alphabet
        let ladder = layer.model as? MultiThresholdNeuron
        func side(_ sign: ThresholdLadder.Sign) -> BundleDocument.Side? {
            guard let ladder, ladder.ladder.fires(sign) else { return nil }
            return BundleDocument.Side(thresholds: ladder.thresholds(sign), cutoffs: ladder.cutoffs(sign))
        }
        self.init(
            name: name, reads: reads[0], divisors: reads.count > 1 ? reads[1] : nil, readers: readers, neurons: layer,
            initialPotential: ladder?.rest,
            codes: alphabet.codes.indices.map {
                BundleDocument.Code(code: Int(alphabet.codes[$0]), value: alphabet.values[$0], spikes: alphabet.spikes[$0])
            }, positive: side(.positive), negative: side(.negative))
    }
}
