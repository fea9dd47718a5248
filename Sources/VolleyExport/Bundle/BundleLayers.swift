internal import Foundation
internal import OrderedCollections
internal import VolleyFormats
internal import VolleyGraph
internal import VolleySimulation
internal import VolleySpiking
internal import VolleyTensors

/// The layers of a network whose weights meet values over synapses, as a bundle has them: rounded and copied where that is asked for.
struct BundleLayers {
    struct Layer {
        let node: NodeID
        let weight: NodeID
        let bias: NodeID?
        /// The neurons that it reads; nil for analog values.
        let site: NodeID?
        /// Nil for 32-bit floats.
        let integers: BundleIntegers?
    }

    /// With the neurons that belong to the weights.
    let network: SpikingNetwork
    let layers: [Layer]
    let copies: BundleExport.Copies?
    let weights: WeightFormat
    private(set) var notes: [String] = []
    /// Whether some weights are whole numbers.
    var isRounded: Bool { layers.contains { $0.integers != nil } }

    var graph: Graph { network.graph }

    /// - Throws: ``ExportError``.
    init(_ export: BundleExport) throws {
        (copies, weights) = (export.copies, export.weights)
        let program = try Program(export.network, timeSteps: 1, weights: export.weights)
        let rounded = program.integerLayers
        let neurons = Dictionary(uniqueKeysWithValues: export.network.neurons.map { ($0.key, rounded.neurons[$0.key] ?? $0.value) })
        network = try export.network.replacing(neurons: neurons)
        let graph = network.graph
        layers = graph.nodes.indices.compactMap { id in
            guard let inputs = Self.weightedInputs(graph[id]), let weight = graph[inputs.weight].constant else { return nil }
            let site = graph[inputs.value].isNeuronSite ? inputs.value : nil
            let integers = rounded.layers.contains(graph[id].name) ? BundleIntegers(weight, export.weights) : nil
            return Layer(node: id, weight: inputs.weight, bias: inputs.bias, site: site, integers: integers)
        }
        notes = Self.notes(export, program, rounded.neurons, graph, network)
        if copies != nil {
            let bursts = layers.compactMap { layer -> (name: String, reason: String)? in
                guard let site = layer.site, let neurons = network.layer(at: site), !neurons.alphabet.isOneSpikeEach else { return nil }
                return (graph[layer.node].name, "its neurons send several spikes of one value at a time-step, which are counts and no values")
            }
            guard bursts.isEmpty else { throw ExportError(format: "copies of weights", nodes: bursts, advice: "Leave the copies out.") }
        }
    }

    private static func weightedInputs(_ node: Node) -> (value: NodeID, weight: NodeID, bias: NodeID?)? {
        switch node.operation {
        case .linear, .convolution, .transposedConvolution:
            (node.inputs[0], node.inputs[1], node.inputs.count > 2 ? node.inputs[2] : nil)
        default: nil
        }
    }

    private static func notes(
        _ export: BundleExport, _ program: Program, _ changed: [String: NeuronLayer], _ graph: Graph, _ network: SpikingNetwork
    ) -> [String] {
        func text(_ part: Double) -> String { String(format: "%.1e", part) }
        var notes: [String] = []
        if export.weights != .fp32 {
            notes.append(
                "Weights of layers behind neurons are whole numbers times a scale for each output channel, as the engine rounds them for "
                    + "\(export.weights.rawValue): up to \(text(program.weightError)) of a layer's weights, by norms.")
            notes += program.diagnostics.map(\.description)
            if program.thresholdError > 0 {
                notes.append(
                    "What neurons send was changed to fit, by up to \(text(program.thresholdError)) of it; the files hold the changed values.")
            }
        }
        if network.neurons.values.contains(where: { $0.family == InputNeuron.family }) {
            notes.append("Input spikes are drawn at random, by a generator that the files do not describe: feed recorded ones.")
        }
        if network.neurons.values.contains(where: { ($0.model as? MultiThresholdNeuron)?.deadZones.isEmpty == false }) {
            notes.append("'thresholds.json' holds no dead zones, which conversions choose; 'network.json' does.")
        }
        return notes
    }

    // MARK: Arrays

    /// Every constant of the network; of layers with integer weights the numbers, and the scales under `NAME/scales`. Longer elements come
    /// first, so that each array begins at a multiple of its elements.
    var arrays: [(String, SafetensorsArray)] {
        let integers = Dictionary(layers.compactMap { layer in layer.integers.map { (layer.weight, $0) } }) { first, _ in first }
        let all = graph.nodes.enumerated().flatMap { id, node -> [(String, SafetensorsArray)] in
            guard let constant = node.constant else { return [] }
            guard let whole = integers[id] else { return [(node.name, .float32(constant))] }
            return [(node.name, whole.array), (node.name + "/scales", .float32(Tensor([whole.scales.count], whole.scales)))]
        }
        return all.filter { if case .float32 = $0.1 { true } else { false } } + all.filter { if case .float32 = $0.1 { false } else { true } }
    }

    /// `LAYER/copies` `[copies, …]`, by layer behind neurons.
    var copiedWeights: [(String, SafetensorsArray)] {
        layers.compactMap { layer in
            guard let codes = copies(of: layer) else { return nil }
            let weight = layer.integers?.values ?? graph[layer.weight].constant!
            let factors = Self.factors(codes)
            let values = factors.flatMap { factor in weight.values.map { $0 * factor } }
            return (graph[layer.node].name + "/copies", .float32(Tensor(Shape([factors.count] + weight.shape.dimensions), values)))
        }
    }

    /// What every code of the neurons in front of a layer adds: a copy of its weights, shifted and with a sign.
    func copies(of layer: Layer) -> [BundleDocument.Copy]? {
        guard let copies, let site = layer.site, let alphabet = network.layer(at: site)?.alphabet else { return nil }
        var factors: [Float] = []
        return zip(alphabet.codes, alphabet.values).sorted { abs($0.1) < abs($1.1) }.compactMap { code, value in
            guard value != 0 else { return nil }
            let size = abs(value)
            switch copies {
            case .levels:
                factors.append(value)
                return BundleDocument.Copy(code: Int(code), copy: factors.count - 1, shift: 0, isNegative: false, factor: value)
            case .octave:
                let place = factors.firstIndex { $0.significand == size.significand }
                if place == nil { factors.append(size) }
                let base = factors[place ?? factors.count - 1]
                return BundleDocument.Copy(
                    code: Int(code), copy: place ?? factors.count - 1, shift: Int(size.exponent - base.exponent), isNegative: value < 0, factor: base)
            }
        }
    }

    private static func factors(_ codes: [BundleDocument.Copy]) -> [Float] {
        var factors = [Float](repeating: 0, count: (codes.map(\.copy).max() ?? -1) + 1)
        for code in codes { factors[code.copy] = code.factor }
        return factors
    }
}

/// The weights of a layer as whole numbers times a scale for each output, `[outputs, …]`.
struct BundleIntegers {
    let array: SafetensorsArray
    let scales: [Float]
    /// The rounded weights.
    let values: Tensor

    /// `IntegerWeights` says what the weights become; its numbers are whole, and so found again by a division.
    init(_ weight: Tensor, _ format: WeightFormat) {
        let (outputs, width) = (weight.shape[0], weight.shape.rowCount)
        let integers = IntegerWeights(weight.values, outputs: outputs, inputs: width, bits: format.bits!)
        let largest: Float = format == .int8 ? 127 : 32_639
        let rounded = integers.values
        let scales = (0..<outputs).map { output in
            weight.values[output * width..<(output + 1) * width].reduce(0) { max($0, abs($1)) } / largest
        }
        let numbers = rounded.enumerated().map { index, value in
            let scale = scales[index / max(1, width)]
            return scale > 0 ? Int((value / scale).rounded()) : 0
        }
        self.scales = scales
        values = Tensor(weight.shape, rounded)
        array = format == .int8 ? .int8(weight.shape, numbers.map { Int8($0) }) : .int16(weight.shape, numbers.map { Int16($0) })
    }
}
