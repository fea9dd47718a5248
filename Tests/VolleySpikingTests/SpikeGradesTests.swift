import Testing
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// What spikes ask of hardware, by hand.
@Suite struct SpikeGradesTests {
    private func layer(_ levels: Int, _ positive: Float, _ negative: Float, steps: Int) -> NeuronLayer {
        NeuronLayer(
            MultiThresholdNeuron(ladder: ThresholdLadder(.down, levels: levels, positive: positive, negative: negative, stepsPerOctave: steps)))
    }

    @Test func laddersNeedACopyForEveryStepOfAnOctave() {
        func grades(_ layers: NeuronLayer...) -> [Int] {
            let grades = SpikeGrades(layers)
            return [grades.levels, grades.stepsPerOctave, grades.weightCopies]
        }
        #expect(grades(layer(8, 3.1, 3.1, steps: 1)) == [8, 1, 1])
        #expect(grades(layer(8, 3.1, 2.9, steps: 1)) == [8, 1, 2])
        #expect(grades(layer(48, 3.1, 3.1, steps: 4)) == [48, 4, 4])
        #expect(grades(layer(3, 3.1, 3.1, steps: 4)) == [3, 4, 3])
        #expect(grades(layer(8, 3.1, 0, steps: 2)) == [8, 2, 2])
        #expect(grades(layer(8, 3.1, 3.1, steps: 1), layer(24, 0.7, 0.6, steps: 2)) == [24, 2, 4])
        #expect(grades(NeuronLayer(BurstNeuron(threshold: 0.3))) == [1, 1, 1])
        #expect(grades(NeuronLayer(IntegrateAndFireNeuron(threshold: 0.3))) == [1, 1, 1])
        #expect(grades() == [0, 1, 0])
    }

    /// What the ladder says of its levels is what their values say, in both directions and for all fineness.
    @Test func laddersAreGradedAsTheirValues() {
        for steps in ThresholdLadder.possibleStepsPerOctave {
            for direction in ThresholdLadder.Direction.allCases {
                for levels in [1, 5, 24, 61] {
                    let ladder = ThresholdLadder(direction, levels: levels, positive: 0.37, negative: 0.11, stepsPerOctave: steps)
                    let found = MultiThresholdNeuron(ladder: ladder).alphabet
                    #expect(found.graded == Alphabet(codes: found.codes, values: found.values).graded, "\(ladder)")
                    #expect(found.gradedMask != nil)
                }
            }
        }
    }
}
