internal import VolleySpiking
internal import VolleyTensors

/// Thresholds of both signs and the potentials from which on they fire, as operators.
struct Ladder {
    struct Side {
        /// −1 for the thresholds of negative potentials.
        let sign: Float
        /// What each level sends, and from which size of the potential on, ascending.
        let thresholds: [Float]
        let cutoffs: [Float]
    }

    /// Those that can fire.
    let sides: [Side]
    /// `δ_1, δ_2, …`; the last one holds for later time-steps.
    let deadZones: [Float]

    func fire(_ potential: Symbol, at time: StepTime) -> Firing {
        guard let side = sides.first else { return .silence(potential) }
        // The size of a potential on the one side that fires is negative on the other, where no cut-off is reached.
        var size = sides.count == 2 ? potential.magnitude : side.sign < 0 ? -potential : potential
        if let silence = silence(at: time) {
            size = (potential.magnitude < silence).choose(0, size)
        }
        if sides.count == 1, side.cutoffs.count == 1 {
            let fires = size >= side.cutoffs[0]
            return Firing(value: fires.choose(side.sign * side.thresholds[0], 0), code: fires.choose(side.sign, 0))
        }
        let search = CutoffSearch(cutoffs: sides.map(\.cutoffs))
        let place = search.place(of: size, onSecond: sides.count == 2 ? potential < 0 : nil)
        let values = sides.map { side in [0] + side.thresholds.map { side.sign * $0 } }
        let codes = sides.map { side in [0] + side.thresholds.indices.map { side.sign * Float($0 + 1) } }
        return Firing(value: place.lookedUp(in: search.table(values), "values"), code: place.lookedUp(in: search.table(codes), "codes"))
    }

    /// `t·δ_t`; nil without dead zones.
    private func silence(at time: StepTime) -> Symbol? {
        guard let last = deadZones.last else { return nil }
        guard deadZones.count > 1 else { return time.t * last }
        let place = (time.t.atMost(Float(deadZones.count)) - 1).cast(to: .integer)
        return time.t * place.lookedUp(in: deadZones, "zones")
    }
}

/// Neurons with at most one spike of each sign and level at a time-step, which simulators run by cut-offs.
protocol LadderNeuron: ONNXNeuron {
    var reset: Reset { get }
    func firingLadder() -> Ladder
    var rest: Float { get }
}

extension MultiThresholdNeuron: LadderNeuron {
    func firingLadder() -> Ladder {
        Ladder(
            sides: ThresholdLadder.Sign.allCases.filter(ladder.fires).map { sign in
                Ladder.Side(sign: sign == .positive ? 1 : -1, thresholds: thresholds(sign), cutoffs: cutoffs(sign))
            }, deadZones: deadZones)
    }

    func step(_ call: NeuronCall) throws -> Firing {
        let potential = call.potential(initial: rest)
        let firing = firingLadder().fire(potential, at: call.time)
        switch reset {
        case .subtraction: call.keep(potential - firing.value, as: "potential")
        case .zero: call.keep(firing.value.equals(0).choose(potential, 0), as: "potential")
        }
        return firing
    }
}

extension IntegrateAndFireNeuron: LadderNeuron {
    func firingLadder() -> Ladder {
        Ladder(sides: [Ladder.Side(sign: 1, thresholds: [threshold], cutoffs: [cutoff])], deadZones: [])
    }

    func step(_ call: NeuronCall) throws -> Firing {
        let heard = deafSteps > 0 ? (call.time.t > Float(deafSteps)).choose(call.current, 0) : call.current
        let membrane = call.membrane(initial: rest)
        let potential = isLate ? membrane : membrane + heard
        let fires = potential >= cutoff
        let after = reset == .zero ? fires.choose(0, potential) : fires.choose(potential - threshold, potential)
        call.keep(isLate ? after + heard : after, as: "potential")
        return Firing(value: fires.choose(alphabet.values[0], 0), code: fires.choose(1, 0))
    }
}
