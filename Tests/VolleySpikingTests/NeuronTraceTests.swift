import Testing
import VolleySpiking

/// Traces worked out by hand from `m(t) = v(t−1) + I(t)`, `v(t) = m(t) − x(t)`. All numbers are exact in binary.
@Suite struct NeuronTraceTests {
    /// One neuron stepped through its equations.
    private func trace(_ layer: NeuronLayer, _ currents: [Float]) -> (sent: [Float], potentials: [Float]) {
        var potential = layer.restingPotential
        var (sent, potentials): ([Float], [Float]) = ([], [])
        for current in currents {
            let membrane = potential + current
            let spike = layer.fire(membrane)?.value ?? 0
            potential = layer.reset == .zero && spike != 0 ? 0 : membrane - spike
            sent.append(spike)
            potentials.append(potential)
        }
        return (sent, potentials)
    }

    private func layer(
        _ direction: ThresholdLadder.Direction = .up, levels: Int = 3, _ positive: Float = 1, _ negative: Float = 1,
        _ rounding: NeuronLayer.Rounding = .halfBase, reset: NeuronLayer.Reset = .subtraction, initial: Float = 0
    ) -> NeuronLayer {
        NeuronLayer(
            ladder: ThresholdLadder(direction, levels: levels, positive: positive, negative: negative),
            rounding: rounding, reset: reset, initialPotential: initial)
    }

    @Test func constantCurrentBelowTheBase() {
        // m = 0.375, 0.75 → 1, 0.125, 0.5 → 1, −0.125, 0.25, 0.625 → 1
        let trace = trace(layer(), Array(repeating: 0.375, count: 7))
        #expect(trace.sent == [0, 1, 0, 1, 0, 0, 1])
        #expect(trace.potentials == [0.375, -0.25, 0.125, -0.5, -0.125, 0.25, -0.375])
    }

    @Test func outliersRideOnHigherLevels() {
        // Thresholds 1, 2, 4 fire from 0.5, 1.5, 3.5 on.
        let trace = trace(layer(), [3.25, 0, 0, 9, 0])
        #expect(trace.sent == [2, 1, 0, 4, 4])
        #expect(trace.potentials == [1.25, 0.25, 0.25, 5.25, 1.25])
    }

    @Test func negativeSideHasItsOwnBase() {
        // Negative thresholds 0.5, 1, 2 fire from −0.25, −0.75, −1.75 on.
        let trace = trace(layer(.up, levels: 3, 1, 0.5), [-0.25, -1.5, 0.25, -2])
        #expect(trace.sent == [-0.5, -1, 0, -2])
        #expect(trace.potentials == [0.25, -0.25, 0, 0])
    }

    @Test func descendingLadderRoundsToTheNearest() {
        // Thresholds 1, 2, 4 from the top 4; they fire from 0.75, 1.5, 3 on.
        let trace = trace(layer(.down, levels: 3, 4, 4, .nearest), [3, 0, 0.5, 0.25, -1])
        #expect(trace.sent == [4, -1, 0, 1, -1])
        #expect(trace.potentials == [-1, 0, 0.5, -0.25, -0.25])
    }

    @Test func resetToZeroForgetsTheRest() {
        let trace = trace(layer(levels: 1, reset: .zero), [0.75, 0.25, 0.5, 0.25])
        #expect(trace.sent == [1, 0, 1, 0])
        #expect(trace.potentials == [0, 0.25, 0, 0.25])
    }

    @Test func initialPotentialIsInUnitsOfTheSmallestThreshold() {
        let trace = trace(layer(.up, levels: 1, 2, 2, initial: 0.5), [0, 0, 0])
        // v(0) = 1 reaches the cut-off 1 at once, and what is left the negative one.
        #expect(trace.sent == [2, -2, 2])
        #expect(trace.potentials == [-1, 1, -1])
    }

    @Test(arguments: [Float(0.25), 0.5, 0.75, 1.4375, 1.5, 3.4375, 3.5, 7.4375, 7.5, 100])
    func closedFormOfTheAscendingLadder(_ ratio: Float) {
        // With r = m/θ1: level min(n − 1, ⌊log2(r + 1/2)⌋) if r ≥ 1/2 (semantics 3).
        let layer = layer(.up, levels: 3, 2, 2)
        var expected: Int?
        if ratio >= 0.5 {
            var level = 0
            while level < 2, Float(1 << (level + 1)) <= ratio + 0.5 { level += 1 }
            expected = level
        }
        #expect(layer.fire(2 * ratio)?.level == expected)
        #expect(layer.fire(-2 * ratio)?.level == expected)
        #expect(layer.fire(-2 * ratio)?.sign == expected.map { _ in .negative })
    }

    @Test func aSideWithoutAPositiveBaseNeverFires() {
        for base: Float in [0, -0.125] {
            let layer = layer(.up, levels: 3, 1, base)
            #expect(layer.fire(-100) == nil)
            #expect(layer.fire(0.5)?.value == 1)
        }
    }
}
