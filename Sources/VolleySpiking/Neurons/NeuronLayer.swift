public import VolleyTensors

/// A layer of neurons of one family with one set of settings: what stands at a site.
public struct NeuronLayer: Sendable, Hashable, Codable {
    public let model: any NeuronModel
    /// What the codes are worth.
    public let alphabet: Alphabet

    public init(_ model: any NeuronModel) {
        self.model = model
        alphabet = model.alphabet
    }

    /// The name of the family.
    public var family: String { type(of: model).family }

    /// Whether no neuron of it ever sends anything.
    public var isSilent: Bool { alphabet.values.allSatisfy { $0 == 0 } }

    /// The size of the smallest value that is sent; 1 where none is.
    public var smallestValue: Float { alphabet.values.lazy.filter { $0 != 0 }.map(abs).min() ?? 1 }

    /// The layer's spikes, as their readers see them.
    public func source(_ coding: Coding) -> SpikeSource { SpikeSource(alphabet, isDifferential: coding == .differential) }

    /// So many neurons of the layer, at rest: those of one sample behind those of the other.
    public func population(_ count: Int, samples: Int = 1) -> any NeuronPopulation { Self.population(model, count, samples) }

    private static func population(_ model: some NeuronModel, _ count: Int, _ samples: Int) -> any NeuronPopulation {
        Population(model, count: count, samples: samples)
    }

    /// Neurons of the layer, at rest, one for each number that currents are divided by before they arrive.
    public func population(divisors: [Float]) -> any NeuronPopulation { Self.population(model, divisors) }

    private static func population(_ model: some NeuronModel, _ divisors: [Float]) -> any NeuronPopulation {
        Population(model, divisors: divisors)
    }

    /// Whether what a neuron does depends on the other neurons of its sample.
    public var meetsItsSample: Bool { type(of: model).meetsItsSample }

    /// What is wrong with membrane potentials that a step calls broken.
    public var brokenReason: String { type(of: model).brokenReason }

    public static func == (a: NeuronLayer, b: NeuronLayer) -> Bool { AnyHashable(a.model) == AnyHashable(b.model) }

    public func hash(into hasher: inout Hasher) { AnyHashable(model).hash(into: &hasher) }

    private enum Key: String, CodingKey { case family }

    /// The family's name beside the model's own fields.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(family, forKey: .family)
        try model.encode(to: encoder)
    }

    /// - Throws: `DecodingError` for a family that this version does not know, and for fields that do not make a model.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let name = try container.decode(String.self, forKey: .family)
        guard let type = NeuronFamilies.named(name) else {
            let known = NeuronFamilies.known.map { $0.family }.joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                forKey: .family, in: container, debugDescription: "neurons of the family '\(name)', which is none of \(known)")
        }
        self.init(try type.init(from: decoder))
    }
}
