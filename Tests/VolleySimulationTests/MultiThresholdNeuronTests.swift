import Foundation
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
                            ladder: ThresholdLadder(.down, levels: 40, positive: $0, negative: $0, stepsPerOctave: 4), rounding: .nearest,
                            leastPotential: 0.03 * $0, rootMeanSquare: 0.3 * $0)
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

    /// Values within half a unit of the ladder's, a unit of σ / 32 within a 500th, and the ladder's own spike from each potential on but where
    /// less than half a unit would be sent: there none.
    @Test(arguments: [2, 4, 8], ThresholdLadder.Direction.allCases) func multiplesOfAUnitStayClose(
        steps: Int, direction: ThresholdLadder.Direction
    ) throws {
        let sigma: Float = 0.37
        let bases: (Float, Float) = direction == .down ? (7.3, 5.1) : (0.0041, 0.0029)
        let ladder = ThresholdLadder(direction, levels: 11 * steps, positive: bases.0, negative: bases.1, stepsPerOctave: steps)
        let neuron = MultiThresholdNeuron(ladder: ladder, rounding: .nearest, rootMeanSquare: sigma)
        let found = try #require(neuron.sendingMultiples())
        let whole = try #require(found.alphabet.wholeNumbers), unit = whole.units[0]
        #expect(whole.units.count == 1 && whole.error == 0 && abs(unit * 32 / sigma - 1) < 1 / 500)
        #expect(found.ladder == ladder && found.alphabet.codes == neuron.alphabet.codes && found.alphabet.graded == neuron.alphabet.graded)
        for (value, before) in zip(found.alphabet.values, neuron.alphabet.values) where abs(before) > unit / 2 {
            #expect(abs(value - before) <= unit / 2 * 1.0001)
        }
        var random = SeededGenerator(seed: 12)
        var silenced = 0
        for _ in 0..<2000 {
            let m = unit * Float(pow(2, Double(14 * random.uniform() - 4))) * (random.uniform() < 0.5 ? 1 : -1)
            var (before, after): (Float, Float) = (0, 0)
            let (expected, code) = (neuron.step(&before, current: m, time: 1), found.step(&after, current: m, time: 1))
            if abs(m) > 0.75 * unit { #expect(code == expected) }
            if abs(m) < 0.42 * unit { #expect(code == 0) }
            #expect(code == 0 || code == expected)
            silenced += code == 0 && expected != 0 ? 1 : 0
        }
        #expect(silenced > 20)
    }

    @Test func whereNothingIsGainedNothingChanges() {
        func multiples(_ steps: Int, _ sigma: Float?, initial: Float = 0) -> MultiThresholdNeuron? {
            MultiThresholdNeuron(
                ladder: ThresholdLadder(.down, levels: 12 * steps, positive: 4, negative: 4, stepsPerOctave: steps), initialPotential: initial,
                rootMeanSquare: sigma
            ).sendingMultiples()
        }
        #expect(multiples(4, 0.5) != nil)
        for found in [multiples(1, 0.5), multiples(4, nil), multiples(4, 0), multiples(4, 0.5, initial: 0.1)] { #expect(found == nil) }
        #expect(multiples(4, 0.0039) == nil, "a top of 32 768 units and more takes more than two bytes")
        #expect(multiples(4, 300) == nil, "no threshold is as large as half a unit")
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
