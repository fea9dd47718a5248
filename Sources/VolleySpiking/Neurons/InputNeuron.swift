public import VolleyTensors

/// A neuron at an input of the network: sends spikes at random, with its value as their rate.
///
/// At every time-step it sends a spike of the value's sign where `u < c·|x|`, with u uniform in 0 ..< 1 (Diehl et al., IJCNN 2015: `c` is
/// the largest rate times the length of a step; Cao, Chen and Khosla, 2015: `c` is a gain). A spike is worth 1.
///
/// The numbers u are drawn from the seed, the values of the whole sample and the neuron's place in it: the same sample always sends the
/// same spikes, whatever batch it is in, and different samples send independent ones.
public struct InputNeuron: NeuronModel {
    public static let family = "input"

    public static let parameters = [
        NeuronParameter("gain", symbol: "c", unit: "spikes per time-step", standard: "1", range: "0…1 for values up to 1"),
        NeuronParameter("seed", standard: "1", range: "≥ 0"),
    ]

    public let gain: Float
    public let seed: UInt64

    public init(gain: Float = 1, seed: UInt64) {
        self.gain = gain
        self.seed = seed
    }

    public struct State: Sendable {
        /// Its place in its sample.
        var place: UInt64
        var generator: SeededGenerator
        var potential: Float = 0
    }

    public var alphabet: Alphabet { Alphabet(codes: [1, -1], values: [1, -1]) }

    public static var meetsItsSample: Bool { true }
    public static var brokenReason: String { "are no rates: a network with random input spikes is fed with values from −1 to 1, times its gain" }

    public var rest: State { State(place: 0, generator: SeededGenerator(seed: seed)) }

    public func rest(count: Int, samples: Int) -> [State] {
        let length = max(1, count / max(1, samples))
        return (0..<count).map { State(place: UInt64($0 % length), generator: SeededGenerator(seed: seed)) }
    }

    public func potential(_ state: State) -> Float { state.potential }

    public func step(_ states: inout [State], currents: [Float], time: Int, codes: inout [Int8]) -> Int {
        if time == 1 { seedAll(&states, currents) }
        var broken = 0
        for index in states.indices {
            if !(abs(currents[index] * gain) <= 1) { broken += 1 }
            codes[index] = step(&states[index], current: currents[index], time: time)
        }
        return broken
    }

    public func step(_ state: inout State, current: Float, time: Int) -> Int8 {
        let drawn = state.generator.uniform()
        guard drawn < gain * abs(current) else { return 0 }
        return current < 0 ? -1 : 1
    }

    /// A generator for every neuron, of seed, sample and place.
    private func seedAll(_ states: inout [State], _ values: [Float]) {
        var start = 0
        while start < states.count {
            var end = start + 1
            while end < states.count, states[end].place != 0 { end += 1 }
            var mixer = SeededGenerator(seed: seed)
            var key = mixer.next()
            for value in values[start..<end] {
                mixer = SeededGenerator(seed: key ^ UInt64(value.bitPattern))
                key = mixer.next()
            }
            for index in start..<end {
                var own = SeededGenerator(seed: key &+ states[index].place)
                states[index].generator = SeededGenerator(seed: own.next())
            }
            start = end
        }
    }

    public var summary: String { "random, gain \(gain), seed \(seed)" }

    public func divided(by unit: Float) -> InputNeuron { self }

    public func problem(_ coding: Coding) -> String? {
        if !(gain > 0 && gain.isFinite) { return "a gain of \(gain); a finite number above 0 is needed" }
        return coding == .differential ? "random input spikes, whose rate differential coding does not read" : nil
    }
}
