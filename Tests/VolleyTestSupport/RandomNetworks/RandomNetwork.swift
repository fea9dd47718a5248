public import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// A spiking network of a random graph: neurons where conversion puts them, sometimes at other places too, with ladders,
/// rounding, reset and initial potentials drawn at random for each site.
///
/// What is drawn for a site depends on the seed and the site's name alone, so it stays when the graph is shrunken.
public struct RandomNetwork: Sendable {
    public let seed: UInt64
    /// Without neurons.
    public let graph: Graph
    public let network: SpikingNetwork
    public let timeSteps: Int
    public let batch: Int

    public init(seed: UInt64) throws { try self.init(seed: seed, graph: try RandomGraph.graph(seed: seed)) }

    /// The same with another graph.
    public init(seed: UInt64, graph: Graph) throws {
        self.seed = seed
        self.graph = graph
        var random = SeededGenerator(seed: seed ^ 0x5EED)
        let coding: Coding = random.uniform() < 0.5 ? .rate : .differential
        batch = 1 + Int(random.next() % 5)
        timeSteps = random.uniform() < 0.04 ? 18 : 1 + Int(random.next() % 6)
        var placed = try PlaceNeurons.apply(to: graph, spikingHead: random.uniform() < 0.3)
        if random.uniform() < 0.2 { placed = try Self.withMoreSites(placed, seed) }
        let sizes = try SampleNetworks.sizes(at: placed, RandomInputs.values(for: placed, batch: 3, seed: seed))
        network = try SpikingNetwork(
            graph: placed, coding: coding,
            neurons: Dictionary(uniqueKeysWithValues: sizes.map { ($0, Self.layer(at: $0, size: $1, coding, seed)) }),
            provenance: SampleNetworks.provenance)
    }

    public var inputs: [String: Tensor] { RandomInputs.values(for: graph, batch: batch, seed: seed &+ 1) }

    private static func withMoreSites(_ graph: Graph, _ seed: UInt64) throws -> Graph {
        let dependsOnInput = graph.dependsOnInput
        return try graph.rebuilt { builder, node, id, inputs in
            let value = try builder.copy(node, inputs: inputs)
            guard let operation = node.operation, operation != .neuron(NeuronSite()), dependsOnInput[id], node.shape.scalesWithBatch
            else { return value }
            var random = SeededGenerator(seed: seed ^ hash(node.name))
            return random.uniform() < 0.15 ? try builder.add(node.name + ".out", .neuron(NeuronSite()), [value]) : value
        }
    }

    private static func layer(at site: String, size: Float, _ coding: Coding, _ seed: UInt64) -> NeuronLayer {
        var random = SeededGenerator(seed: seed ^ hash(site))
        func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * random.uniform() }
        // Thresholds of values that are nearly zero would lie below the range of floats.
        let scale = 1e-30...1e30 ~= size ? size : 1
        let direction: ThresholdLadder.Direction = random.uniform() < 0.5 ? .up : .down
        // Some ladders reach beyond the values, some end below them.
        let base = direction == .up ? scale * uniform(0.05, 0.6) : scale * uniform(0.4, 2.5)
        let levels = 1 + Int(random.next() % 10)
        let other = base * uniform(0.5, 1.5)
        let kind = random.uniform()
        let (positive, negative): (Float, Float) =
            kind < 0.45
            ? (base, base)
            : kind < 0.8 ? (base, other) : kind < 0.9 ? (base, 0) : kind < 0.95 ? (0, base) : kind < 0.98 ? (base, base * 1.004) : (0, 0)
        let layer = NeuronLayer(
            ladder: ThresholdLadder(direction, levels: levels, positive: positive, negative: negative),
            rounding: random.uniform() < 0.5 ? .halfBase : .nearest,
            reset: coding == .rate && random.uniform() < 0.2 ? .zero : .subtraction,
            initialPotential: random.uniform() < 0.5 ? 0 : uniform(-0.45, 0.45))
        return varied(layer, at: site, scale, coding, seed)
    }

    /// At some sites a finer ladder, dead zones, or neurons of another family.
    private static func varied(_ layer: NeuronLayer, at site: String, _ scale: Float, _ coding: Coding, _ seed: UInt64) -> NeuronLayer {
        var random = SeededGenerator(seed: seed ^ hash(site + ".other"))
        let kind = random.uniform(), neuron = layer.multiThreshold
        if kind < 0.75 { return layer }
        if kind > 0.9, coding == .rate {
            let threshold = scale * (0.1 + 0.5 * random.uniform())
            return kind > 0.95
                ? NeuronLayer(BurstNeuron(threshold: threshold, most: 1 + Int(random.next() % 6)))
                : NeuronLayer(
                    IntegrateAndFireNeuron(threshold: threshold, reset: neuron.reset, initialPotential: neuron.initialPotential))
        }
        var ladder = neuron.ladder
        ladder.stepsPerOctave = [1, 2, 4, 8][Int(random.next() % 4)]
        ladder.levels = min(127, ladder.levels * ladder.stepsPerOctave)
        let zones = (0..<Int(random.next() % 4)).map { _ in 0.15 * scale * random.uniform() }
        let least = random.uniform() < 0.8 ? 0 : 0.1 * scale * random.uniform()
        return NeuronLayer(
            ladder: ladder, rounding: neuron.rounding, reset: neuron.reset, initialPotential: neuron.initialPotential, deadZones: zones,
            leastPotential: least, rootMeanSquare: random.uniform() < 0.3 ? nil : scale * random.uniform())
    }
}

/// FNV-1a.
func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
}
