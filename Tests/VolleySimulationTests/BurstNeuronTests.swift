import Testing
import VolleySpiking

@Suite struct BurstNeuronTests {
    @Test func conforms() throws {
        try NeuronConformance(
            traces: [
                // θ = 0.5, Γ = 3: m = 0.75 → 1 spike, 1.5 → 3, −1, 3 → 3, 1.5 → 3, 0.25
                .init(
                    model: BurstNeuron(threshold: 0.5, most: 3), currents: [0.75, 1.25, -1, 4, 0, 0.25], codes: [1, 3, 0, 3, 3, 0],
                    potentials: [0.25, 0, -1, 1.5, 0, 0.25])
            ],
            layers: [({ BurstNeuron(threshold: 0.2 * $0, most: 4) }, [.rate])]
        ).check()
    }
}
