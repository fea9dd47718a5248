internal import VolleySpiking
internal import VolleyTensors

extension SignedNeuron: ONNXNeuron {
    func step(_ call: NeuronCall) throws -> Firing {
        let potential = call.potential(initial: startingPotential)
        guard threshold > 0 else { return .silence(potential, kept: call) }
        let balance = call.state("balance", initial: 0, holds: "positive spikes less negative ones")
        let reaches = potential >= threshold
        let rises = most.map { reaches && balance < Float($0) } ?? reaches
        let goesBelow = negativeThreshold > 0 ? potential <= -negativeThreshold : potential < 0
        let falls = remembers ? goesBelow && balance > 0 : goesBelow
        let code = rises.choose(call.writer.scalar(1), falls.choose(-1, 0))
        call.keep(rises.choose(potential - threshold, falls.choose(potential + threshold, potential)), as: "potential")
        call.keep(balance + code, as: "balance")
        return Firing(value: code * threshold, code: code)
    }
}

extension LeakyNeuron: ONNXNeuron {
    func step(_ call: NeuronCall) throws -> Firing {
        let potential = call.membrane(initial: rest) + (call.current + leak * threshold)
        let fires = potential >= (threshold > 0 ? threshold : .infinity)
        call.keep(fires.choose(0, potential.atLeast(floor * threshold)), as: "potential")
        return Firing(value: fires.choose(alphabet.values[0], 0), code: fires.choose(1, 0))
    }
}

extension AdaptiveNeuron: ONNXNeuron {
    func step(_ call: NeuronCall) throws -> Firing {
        let potential = call.potential(initial: 0)
        guard threshold > 0 else { return .silence(potential, kept: call) }
        let relative = call.state("threshold", initial: 1, holds: "thresholds, in units of the first one")
        let own = relative * threshold
        let fires = potential >= own
        let count = call.state("spikes", initial: 0, holds: "how many spikes were sent") + fires.choose(1, 0)
        let ratio = count * gain / call.time.t / rate
        let change = (call.writer.scalar(speed * shape) / relative) * (power(ratio) - 1)
        call.keep(fires.choose(potential - own, potential), as: "potential")
        call.keep(fires.choose((relative + change).atLeast(0.1).atMost(10), relative), as: "threshold")
        call.keep(count, as: "spikes")
        return Firing(value: fires.choose(threshold, 0), code: fires.choose(1, 0))
    }

    /// In double precision, as the family's step takes it.
    private func power(_ ratio: Symbol) -> Symbol {
        guard shape != 1 else { return ratio }
        let writer = ratio.writer
        let exponent = writer.scalar(shape).cast(to: .double)
        return writer.operation("Pow", [ratio.cast(to: .double), exponent]).cast(to: .float)
    }
}

extension MaskedNeuron: ONNXNeuron {
    func step(_ call: NeuronCall) throws -> Firing {
        let start = initialPotential * threshold
        let membrane = call.membrane(initial: start)
        let wasSilenced = call.state("silenced", initial: 0, holds: "1 where a neuron sends nothing, 0 elsewhere")
        let probeIsOver = call.time.t.equals(Float(probe + 1))
        let silenced = probeIsOver.choose((membrane > silencingPotential).choose(0, 1), wasSilenced)
        let potential = probeIsOver.choose(start, membrane) + call.current
        let fires = potential >= (threshold > 0 ? threshold : .infinity)
        let sends = fires && silenced.equals(0)
        call.keep(fires.choose(potential - threshold, potential), as: "potential")
        call.keep(silenced, as: "silenced")
        return Firing(value: sends.choose(alphabet.values[0], 0), code: sends.choose(1, 0))
    }
}

extension Firing {
    /// Nothing, from neurons that take their currents in all the same.
    static func silence(_ potential: Symbol, kept call: NeuronCall) -> Firing {
        call.keep(potential, as: "potential")
        return silence(potential)
    }
}
