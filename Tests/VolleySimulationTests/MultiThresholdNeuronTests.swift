import Testing
import VolleySpiking
import VolleyTensors

@Suite struct MultiThresholdNeuronTests {
    @Test func conforms() throws {
        let half = MultiThresholdNeuron(ladder: ThresholdLadder(.up, levels: 3, positive: 1, negative: 0.5))
        let fine = MultiThresholdNeuron(
            ladder: ThresholdLadder(.down, levels: 5, positive: 4, negative: 4, stepsPerOctave: 2), rounding: .nearest,
            deadZones: [0.5, 0.25])
        let root = Float(2.0.squareRoot())
        try NeuronConformance(
            traces: [
                // Thresholds 1, 2, 4 fire from 0.5, 1.5, 3.5 on, and 0.5, 1, 2 from 0.25, 0.75, 1.75 on.
                .init(
                    model: half, currents: [0.375, 0.375, 3, 2, -1.5, -0.25], codes: [0, 1, 2, 2, -2, 0],
                    potentials: [0.375, -0.25, 0.75, 0.75, 0.25, 0]),
                // Thresholds 1, √2, 2, 2√2, 4 fire from (1 + 1/√2)/2 of their size on: 0.854, 1.207, 1.707, 2.414, 3.414; nothing below
                // 0.5 at t = 1, below 0.25·t later.
                .init(
                    model: fine, currents: [0.25, 0.75, 3.5, -3.5, 0.25, -1.25],
                    codes: [0, 1, 5, -5, 0, 0], potentials: [0.25, 0, -0.5, 0, 0.25, -1]),
                .init(
                    model: fine, currents: [1.5, -3],
                    codes: [2, -4], potentials: [1.5 - root, 1.5 - root - 3 + 2 * root]),
            ],
            layers: [
                ({ MultiThresholdNeuron(ladder: ThresholdLadder(.up, levels: 6, positive: 0.31 * $0, negative: 0.27 * $0)) }, [.rate]),
                (
                    {
                        MultiThresholdNeuron(
                            ladder: ThresholdLadder(.down, levels: 32, positive: $0, negative: $0, stepsPerOctave: 4), rounding: .nearest,
                            deadZones: [0.05 * $0, 0.02 * $0])
                    }, [.rate, .differential]
                ),
                (
                    {
                        MultiThresholdNeuron(
                            ladder: ThresholdLadder(.up, levels: 64, positive: 0.01 * $0, negative: 0.012 * $0, stepsPerOctave: 8),
                            initialPotential: 0.25)
                    }, [.rate, .differential]
                ),
            ]
        ).check()
    }

    @Test func thresholdsAreAnOctaveApartAfterAsManyLevels() {
        for steps in ThresholdLadder.possibleStepsPerOctave {
            for direction in ThresholdLadder.Direction.allCases {
                let ladder = ThresholdLadder(direction, levels: 5 * steps, positive: 0.37, negative: 1, stepsPerOctave: steps)
                let thresholds = ladder.thresholds(.positive)
                #expect(direction == .up ? thresholds.first == 0.37 : thresholds.last == 0.37)
                for level in 0..<4 * steps { #expect(thresholds[level + steps] == 2 * thresholds[level]) }
                for (low, high) in zip(thresholds, thresholds.dropFirst()) {
                    #expect(abs(Double(high / low) - ladder.ratio) < 1e-6, "\(steps) steps per octave")
                }
                #expect(steps > 1 || ladder.ratio == 2)
            }
        }
    }
}
