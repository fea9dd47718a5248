import Testing
import VolleySpiking

@Suite struct IntegrateAndFireNeuronTests {
    @Test func conforms() throws {
        let currents: [Float] = [0.75, 0.75, -1, 3, 0, 0]
        try NeuronConformance(
            traces: [
                // v(0) = 0.25, θ = 1: m = 1 → 1, 0.75, −0.25, 2.75 → 1, 1.75 → 1, 0.75
                .init(
                    model: IntegrateAndFireNeuron(threshold: 1, initialPotential: 0.25), currents: currents,
                    codes: [1, 0, 0, 1, 1, 0], potentials: [0, 0.75, -0.25, 1.75, 0.75, 0.75])
            ],
            layers: [({ IntegrateAndFireNeuron(threshold: 0.3 * $0, initialPotential: 0.5) }, [.rate])]
        ).check()
        try NeuronConformance(
            traces: [
                // θ = 1: m = 0.75, 1.5 → 1, −1, 2 → 1, 0, 0
                .init(
                    model: IntegrateAndFireNeuron(threshold: 1, reset: .zero), currents: currents, codes: [0, 1, 0, 1, 0, 0],
                    potentials: [0.75, 0, -1, 0, 0, 0])
            ],
            layers: [({ IntegrateAndFireNeuron(threshold: 0.3 * $0, reset: .zero) }, [.rate])], isSubtractive: false
        ).check()
    }
}
