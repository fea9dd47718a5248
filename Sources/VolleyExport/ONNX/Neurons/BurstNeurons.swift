internal import VolleySpiking
internal import VolleyTensors

extension BurstNeuron: ONNXNeuron {
    func step(_ call: NeuronCall) throws -> Firing {
        let potential = call.potential(initial: rest)
        guard threshold > 0 else { return .silence(potential, kept: call) }
        let count = (potential >= threshold).choose((potential / threshold).atMost(Float(alphabet.levels)).floor, 0)
        call.keep(potential - count * threshold, as: "potential")
        return Firing(value: count * (amplitude ?? threshold), code: count)
    }
}

extension HalfBurstNeuron: ONNXNeuron {
    func step(_ call: NeuronCall) throws -> Firing {
        // ε is in activation units, and the currents may be divided by a number for each neuron.
        let quantum =
            call.divisors.map { call.writer.table("quantum", $0.map { tolerance / $0 }.map { threshold / 2 + $0 }) }
            ?? call.writer.scalar(threshold / 2 + tolerance)
        let halves = self.halves(call, current: call.current, quantum: quantum, of: "")
        return Firing(value: halves * threshold / 2, code: halves)
    }

    /// How many halves of a threshold are sent.
    /// - Parameter prefix: of the names of what is kept.
    func halves(_ call: NeuronCall, current: Symbol, quantum: Symbol, of prefix: String) -> Symbol {
        let membrane = call.state(prefix + "potential", initial: 0, holds: "membrane potentials, in activation units")
        let before = call.state(prefix + "halves", initial: 0, holds: "what was sent, in halves of a threshold")
        var potential = membrane + current
        if feedsBackTwice {
            let received = call.state(prefix + "arrived", initial: 0, holds: "the sum of the currents") + current
            call.keep(received, as: prefix + "arrived")
            potential = membrane + (received - before * threshold / 2)
        }
        guard threshold > 0 else {
            call.keep(potential, as: prefix + "potential")
            call.keep(before, as: prefix + "halves")
            return Firing.silence(potential).value
        }
        let rises = potential >= threshold
        let falls = remembers ? (potential <= -threshold && before > 0).choose(-2, 0) : call.writer.scalar(0)
        let first = rises.choose(call.writer.scalar(2), falls)
        let left = potential - first * threshold / 2
        let memory = (before + first) * threshold / 2
        let rest = remembers ? left.atLeast(-memory) : left.atLeast(0)
        let count = (rest.magnitude / quantum).atMost(Float(most)).floor
        let burst = (rest < 0).choose(-count, count)
        call.keep(left - burst * threshold / 2, as: prefix + "potential")
        call.keep(before + first + burst, as: prefix + "halves")
        return first + burst
    }
}

extension EncoderNeuron: ONNXNeuron {
    func step(_ call: NeuronCall) throws -> Firing {
        func halves(_ threshold: Float, _ current: Symbol, _ prefix: String) -> Symbol {
            let neuron = HalfBurstNeuron(threshold: threshold)
            return neuron.halves(call, current: current, quantum: call.writer.scalar(threshold / 2 + neuron.tolerance), of: prefix)
        }
        let p = halves(positive, call.current, "above."), n = halves(negative, -call.current, "below.")
        return Firing(value: p * max(positive, 0) / 2 - n * max(negative, 0) / 2, code: p * 9 + n)
    }
}

extension Tensor {
    fileprivate func map(_ function: (Float) -> Float) -> Tensor { Tensor(shape, values.map(function)) }
}
