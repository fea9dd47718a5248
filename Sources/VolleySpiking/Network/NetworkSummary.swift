public import VolleyGraph
internal import OrderedCollections
internal import VolleyTensors

/// What a network consists of, for people and for programs: every operator with its kind, every neuron site, sizes and costs.
public struct NetworkSummary: Sendable, Hashable, Codable {
    public struct Operator: Sendable, Hashable, Codable {
        public var name: String
        public var op: String
        public var kind: OperatorKind
        public var shape: SymbolicShape
        /// Multiply-accumulates for one sample.
        public var multiplyAccumulates: Int
    }

    public struct Site: Sendable, Hashable, Codable {
        public var name: String
        public var shape: SymbolicShape
        /// Neurons for one sample.
        public var neurons: Int
        /// The layer that stands there; nil before conversion.
        public var layer: NeuronLayer?
    }

    public var parameters: Int
    public var multiplyAccumulates: Int
    public var neurons: Int
    public var inputs: [String: SymbolicShape]
    public var outputs: [String: SymbolicShape]
    public var operators: [Operator]
    public var sites: [Site]
    public var coding: Coding?
    /// What the spikes of a spiking network ask of hardware.
    public var grades: SpikeGrades?
    /// How closely a spiking network followed its ANN when it was converted.
    public var fidelity: Fidelity?

    /// - Parameters:
    ///   - placed: a graph with its neuron sites in place.
    ///   - network: the spiking network that it belongs to, once it is converted.
    public init(_ placed: Graph, network: SpikingNetwork? = nil) {
        let kinds = placed.kinds(timeVarying: placed.isTimeVarying)
        let samples = Batching(placed).samplesPerRun
        let costs = placed.multiplyAccumulates.map { ($0 + samples / 2) / samples }
        parameters = placed.parameterCount
        multiplyAccumulates = costs.reduce(0) { min($0, .max - $1) + $1 }
        inputs = Dictionary(uniqueKeysWithValues: placed.inputs.map { (placed[$0].name, placed[$0].shape) })
        outputs = Dictionary(uniqueKeysWithValues: placed.outputs.map { ($0.name, placed[$0.value].shape) })
        operators = []
        sites = []
        coding = network?.coding
        grades = network?.grades
        fidelity = network?.fidelity
        for (id, node) in placed.nodes.enumerated() {
            guard let operation = node.operation else { continue }
            if kinds[id] == .neuron {
                sites.append(
                    Site(
                        name: node.name, shape: node.shape, neurons: (node.shape.perSample.count + samples / 2) / samples,
                        layer: network?.neurons[node.name]))
            } else {
                operators.append(
                    Operator(
                        name: node.name, op: operation.name, kind: kinds[id], shape: node.shape,
                        multiplyAccumulates: costs[id]))
            }
        }
        neurons = sites.reduce(0) { $0 + $1.neurons }
    }

    /// A table of operators, a table of sites, the totals, and how closely the network follows its ANN.
    public var text: String {
        let operatorTable = TextTable(
            [.text("operator"), .text("op"), .text("kind"), .text("shape"), .number("MACs/sample")],
            rows: operators.map {
                [$0.name, $0.op, $0.kind.rawValue, $0.shape.description, TextTable.grouped($0.multiplyAccumulates)]
            })
        let siteTable = TextTable(
            [.text("neuron site"), .text("shape"), .number("neurons/sample"), .text("thresholds")],
            rows: sites.map { site in
                let thresholds = site.layer?.model.summary ?? ""
                return [site.name, site.shape.description, TextTable.grouped(site.neurons), thresholds]
            })
        var lines = operatorTable.lines + [""] + siteTable.lines
        let kinds = Dictionary(grouping: operators, by: \.kind).mapValues(\.count)
        let counts = [OperatorKind.staticValue, .affine, .bilinear, .nonlinear]
            .map { "\(kinds[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
        lines += [
            "", "\(operators.count) operators (\(counts)), \(sites.count) neuron sites, \(TextTable.grouped(neurons)) neurons/sample",
            "\(TextTable.grouped(parameters)) parameters, \(TextTable.grouped(multiplyAccumulates)) MACs/sample",
        ]
        if let grades { lines.append("spikes with \(grades.text)") }
        if let fidelity { lines += ["", fidelity.text] }
        return lines.joined(separator: "\n") + (fidelity == nil ? "\n" : "")
    }
}
