internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// Writes a neuron site: from the estimate that arrives to the estimate that its readers see (semantics 5 and 5.1).
struct SiteWriter {
    let writer: GraphWriter
    let states: States
    let time: StepTime
    let name: String
    let shape: SymbolicShape
    let layer: NeuronLayer
    let coding: Coding
    let isPlain: Bool
    /// What arrives, and whether it is the same at every time-step.
    let input: Symbol
    let isStatic: Bool
    /// What each neuron's current is divided by: the same for every input of the network, or computed.
    let divisors: Symbol?
    let divisorValues: Tensor?

    /// - Returns: the estimate after this step, and what was sent.
    /// - Throws: ``Refusal``.
    func write() throws -> (estimate: Symbol, firing: Firing) {
        let sent = time.starting(
            states.read("sent", of: name, shape, initial: 0, holds: coding == .differential ? "φ(t), the estimate" : "S(t), the sum of what was sent")
        )
        let firing = try inEstimateForm(sent) ?? onCurrents(sent)
        let total = sent + (coding == .differential ? firing.value / time.weight : firing.value)
        states.keep(total, as: "sent", of: name)
        return (coding == .differential ? total : total / time.weight, firing)
    }

    /// Ladders compare what should have been sent with what was, and need no other state.
    private func inEstimateForm(_ sent: Symbol) -> Firing? {
        guard isPlain, divisors == nil, layer.model.kernel(coding) != nil, let neuron = layer.model as? any LadderNeuron else { return nil }
        let ladder = neuron.firingLadder()
        let total = time.t * input
        if coding == .differential {
            return ladder.fire(shifted(time.t * (input - sent), by: neuron.rest), at: time)
        }
        guard neuron.reset == .zero else { return ladder.fire(shifted(total - sent, by: neuron.rest), at: time) }
        let before = states.read("cleared", of: name, shape, initial: 0, holds: "what of t·φ_in(t) came before the last spike")
        let firing = ladder.fire(shifted(total - before, by: neuron.rest), at: time)
        states.keep(firing.value.equals(0).choose(before, shifted(total, by: neuron.rest)), as: "cleared", of: name)
        return firing
    }

    private func shifted(_ potential: Symbol, by initial: Float) -> Symbol { initial == 0 ? potential : potential + initial }

    /// Other neurons answer currents: `I(t) = τ(t)·φ(t) − τ(t−1)·φ(t−1)`, less, under differential coding, what is known.
    private func onCurrents(_ sent: Symbol) throws -> Firing {
        guard let neuron = layer.model as? any ONNXNeuron else {
            throw Refusal("its neurons are of the family '\(layer.family)', which has no equations in ordinary operators")
        }
        var current = isStatic ? time.feeds.map { $0 * input } ?? input : arriving
        if coding == .differential { current = current - sent }
        if let divisors { current = current / divisors }
        return try neuron.step(
            NeuronCall(
                writer: writer, states: states, time: time, site: name, shape: shape, current: current,
                divisors: divisors == nil ? nil : divisorValues))
    }

    private var arriving: Symbol {
        let received = time.starting(states.read("received", of: name, shape, initial: 0, holds: "τ(t)·φ_in(t), the sum of what arrived"))
        let total = time.weight * input
        states.keep(total, as: "received", of: name)
        return total - received
    }
}
