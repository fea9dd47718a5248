/// The neurons of a site while a network runs, whatever their family.
public protocol NeuronPopulation: Sendable {
    /// One time-step: takes a current for each neuron and fires.
    /// - Parameters:
    ///   - time: t, counted from 1.
    ///   - codes: receives a code for each neuron.
    /// - Returns: how many membrane potentials are not finite.
    mutating func step(_ currents: [Float], time: Int, codes: inout [Int8]) -> Int
    /// The membrane potentials `v(t)`, in activation units.
    var potentials: [Float] { get }
}

extension NeuronPopulation {
    /// One time-step, with a code for each neuron, and how many membrane potentials are not finite.
    public mutating func step(_ currents: [Float], time: Int) -> (codes: [Int8], broken: Int) {
        var codes = [Int8](repeating: 0, count: currents.count)
        let broken = step(currents, time: time, codes: &codes)
        return (codes, broken)
    }
}

/// Neurons of one family, with the state of each.
struct Population<Model: NeuronModel>: NeuronPopulation {
    private let model: Model
    private var states: [Model.State]

    init(_ model: Model, count: Int, samples: Int) {
        self.model = model
        states = model.rest(count: count, samples: samples)
    }

    init(_ model: Model, divisors: [Float]) {
        self.model = model
        states = model.rest(divisors: divisors)
    }

    var potentials: [Float] { states.map { model.potential($0) } }

    mutating func step(_ currents: [Float], time: Int, codes: inout [Int8]) -> Int {
        model.step(&states, currents: currents, time: time, codes: &codes)
    }
}
