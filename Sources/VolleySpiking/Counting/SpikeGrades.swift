internal import OrderedCollections
internal import VolleyTensors

/// What hardware must have for the spikes that an energy was counted for: how many values a spike may have, and what these cost.
public struct SpikeGrades: Sendable, Hashable, Codable {
    /// How many values the spikes of one sign have at one site, the most of all sites. A burst of k spikes is no value but a count.
    public var levels: Int
    /// m: how many of them lie between a value and its double, the most of all sites (semantics 3.1b).
    public var stepsPerOctave: Int
    /// How many copies of a layer's weights make a shift and an addition of every spike, the most of all sites: one for each value that is not
    /// another one times a power of two. Signs share them where their values are the same.
    public var weightCopies: Int

    /// - Parameter layers: of the network.
    public init(_ layers: some Sequence<NeuronLayer>) {
        (levels, stepsPerOctave, weightCopies) = (0, 1, 0)
        for layer in layers {
            let alphabet = layer.alphabet
            let values = alphabet.codes.indices.filter { alphabet.spikes[$0] == 1 && alphabet.values[$0] != 0 }.map { alphabet.values[$0] }
            let positive = Set(values.filter { $0 > 0 }).count
            levels = max(levels, positive, Set(values.filter { $0 < 0 }).count)
            stepsPerOctave = max(stepsPerOctave, layer.model.stepsPerOctave)
            weightCopies = max(weightCopies, Set(values.map { abs($0).significand }).count)
        }
    }

    /// Such as "up to 48 levels of each sign, 4 steps per octave, 4 copies of the weights".
    public var text: String {
        func counted(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }
        return "up to " + counted(levels, "level", "levels") + " of each sign, "
            + counted(stepsPerOctave, "step", "steps") + " per octave, "
            + counted(weightCopies, "copy", "copies") + " of the weights"
    }
}

extension SpikingNetwork {
    /// What its spikes ask of hardware.
    public var grades: SpikeGrades { SpikeGrades(neurons.values) }
}
