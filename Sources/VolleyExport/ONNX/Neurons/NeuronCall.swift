internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// One time-step of the neurons of a site that is to be written.
struct NeuronCall {
    let writer: GraphWriter
    let states: States
    let time: StepTime
    let site: String
    let shape: SymbolicShape
    /// `I(t)`, in the unit of the neurons.
    let current: Symbol
    /// What each neuron's current was divided by; nil for 1.
    let divisors: Tensor?

    /// What the neurons kept.
    func state(_ key: String, initial: Float, holds: String) -> Symbol {
        states.read(key, of: site, shape, initial: initial, holds: holds)
    }

    func keep(_ value: Symbol, as key: String) { states.keep(value, as: key, of: site) }

    /// The membrane potential with the current of this step.
    func potential(initial: Float) -> Symbol { membrane(initial: initial) + current }

    func membrane(initial: Float) -> Symbol {
        state("potential", initial: initial, holds: "membrane potentials, in activation units")
    }
}

/// What neurons do at a time-step.
struct Firing {
    /// What they send, in activation units.
    let value: Symbol
    /// The codes of what they send, as numbers; put into the graph where they are asked for.
    let code: () -> Symbol

    init(value: Symbol, code: @autoclosure @escaping () -> Symbol) { (self.value, self.code) = (value, code) }

    /// Nothing, at all neurons of a value.
    static func silence(_ potential: Symbol) -> Firing {
        let nothing = (potential > .infinity).choose(1, 0)
        return Firing(value: nothing, code: nothing)
    }
}

/// A family of neurons whose step can be written: the same comparisons and sums as in its `step`, element for element.
protocol ONNXNeuron: NeuronModel {
    func step(_ call: NeuronCall) throws -> Firing
}
