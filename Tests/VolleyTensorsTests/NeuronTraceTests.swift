import Testing
import VolleyTensors

/// Traces of single neurons, worked out by hand from semantics 3 and 5.1. All values are exact in binary.
@Suite struct NeuronTraceTests {
    /// One step of a trace: the input's estimate `φ_in(t)` and what must come out.
    struct Step {
        var input: Float
        var emitted: Float
        var estimate: Float

        init(_ input: Float, emits emitted: Float, estimate: Float) {
            (self.input, self.emitted, self.estimate) = (input, emitted, estimate)
        }
    }

    /// Ladder λ = 1, 2 on both sides; level p fires from λ_p − 1/2 on.
    private static func ladder(differential: Bool = false, resetsToZero: Bool = false, initial: Float = 0) -> NeuronKernel {
        NeuronKernel(
            thresholds: ([1, 2], [1, 2]), cutoffs: ([0.5, 1.5], [0.5, 1.5]), initialPotential: initial,
            differential: differential, resetsToZero: resetsToZero)
    }

    private func check(_ neuron: NeuronKernel, _ trace: [Step], counts expected: [Int64]) {
        for kernels in Kernels.available {
            // Enough neurons for a full vector and a part of one; all do the same.
            let size = 19
            var sent = [Float](repeating: 0, count: size)
            var baseline = [Float](repeating: 0, count: neuron.resetsToZero ? size : 0)
            var emitted = [Float](repeating: 7, count: size)
            var estimate = emitted
            var counts = [Int64](repeating: 0, count: 2 * neuron.levels)
            for (index, step) in trace.enumerated() {
                let bad = kernels.step(
                    neuron, step: index + 1, input: [Float](repeating: step.input, count: size), sent: &sent,
                    baseline: &baseline, emitted: &emitted, estimate: &estimate, counts: &counts)
                #expect(bad == 0)
                #expect(emitted == [Float](repeating: step.emitted, count: size), "\(kernels.name), step \(index + 1)")
                #expect(estimate == [Float](repeating: step.estimate, count: size), "\(kernels.name), step \(index + 1)")
            }
            #expect(counts == expected.map { Int64(size) * $0 }, "\(kernels.name)")
        }
    }

    @Test func rateCodingOfAConstantInput() {
        check(
            Self.ladder(),
            [
                Step(0.75, emits: 1, estimate: 1),  // m = 0.75
                Step(0.75, emits: 1, estimate: 1),  // m = 1.5 − 1 = 0.5, on the cut-off
                Step(0.75, emits: 0, estimate: 2 / 3),  // m = 2.25 − 2 = 0.25
                Step(0.75, emits: 1, estimate: 0.75),  // m = 3 − 2 = 1
                Step(0.75, emits: 1, estimate: 0.8),  // m = 3.75 − 3 = 0.75
            ], counts: [4, 0, 0, 0])
    }

    @Test func rateCodingOfAFallingInputTakesBackWhatItSent() {
        check(
            Self.ladder(),
            [
                Step(2, emits: 2, estimate: 2),  // m = 2
                Step(1, emits: 0, estimate: 1),  // m = 2 − 2 = 0
                Step(0, emits: -2, estimate: 0),  // m = 0 − 2 = −2
                Step(-0.25, emits: -1, estimate: -0.25),  // m = −1 − 0
                Step(-0.375, emits: -1, estimate: -0.4),  // m = −1.875 + 1 = −0.875
                Step(-0.5, emits: -1, estimate: -0.5),  // m = −3 + 2 = −1
            ], counts: [0, 1, 3, 1])
    }

    @Test func whatTheLargestThresholdCannotCarryStays() {
        check(
            Self.ladder(),
            [
                Step(5, emits: 2, estimate: 2),  // m = 5
                Step(2.5, emits: 2, estimate: 2),  // m = 5 − 2 = 3
                Step(1.75, emits: 1, estimate: 5 / 3),  // m = 5.25 − 4 = 1.25
            ], counts: [1, 2, 0, 0])
    }

    @Test func cutoffsAreReachedByEqualityOnBothSides() {
        check(Self.ladder(), [Step(1.5, emits: 2, estimate: 2)], counts: [0, 1, 0, 0])
        check(Self.ladder(), [Step(-1.5, emits: -2, estimate: -2)], counts: [0, 0, 0, 1])
        check(Self.ladder(), [Step(-0.5, emits: -1, estimate: -1)], counts: [0, 0, 1, 0])
        check(Self.ladder(), [Step(Float(0.5).nextDown, emits: 0, estimate: 0)], counts: [0, 0, 0, 0])
        check(Self.ladder(), [Step(Float(1.5).nextDown, emits: 1, estimate: 1)], counts: [1, 0, 0, 0])
    }

    @Test func differentialCodingSendsCorrections() {
        check(
            Self.ladder(differential: true),
            [
                Step(1.5, emits: 2, estimate: 2),  // m = 1·(1.5 − 0)
                Step(1.5, emits: -1, estimate: 1.5),  // m = 2·(1.5 − 2) = −1
                Step(1.5, emits: 0, estimate: 1.5),  // m = 0
                Step(1.75, emits: 1, estimate: 1.75),  // m = 4·0.25 = 1
                Step(1.75, emits: 0, estimate: 1.75),  // m = 0
                Step(1.75, emits: 0, estimate: 1.75),
                Step(1.75, emits: 0, estimate: 1.75),
                Step(1.5, emits: -2, estimate: 1.5),  // m = 8·(−0.25) = −2
            ], counts: [1, 1, 1, 1])
    }

    @Test func resetToZeroForgetsWhatIsLeft() {
        // Input currents I = t·φ_in(t) − (t−1)·φ_in(t−1): 2.5, 0.25, 0.25, 1, −0.25, −0.75.
        check(
            Self.ladder(resetsToZero: true),
            [
                Step(2.5, emits: 2, estimate: 2),  // m = 2.5; by subtraction 0.5 would be left
                Step(1.375, emits: 0, estimate: 1),  // m = 0 + 0.25
                Step(1, emits: 1, estimate: 1),  // m = 0.25 + 0.25 = 0.5
                Step(1, emits: 1, estimate: 1),  // m = 0 + 1
                Step(0.75, emits: 0, estimate: 0.8),  // t·φ_in = 3.75, m = −0.25
                Step(0.5, emits: -1, estimate: 0.5),  // t·φ_in = 3, m = −0.25 − 0.75 = −1
            ], counts: [2, 1, 1, 0])
    }

    @Test func theInitialPotentialCountsOnce() {
        check(
            Self.ladder(initial: 0.25),
            [
                Step(0.25, emits: 1, estimate: 1),  // m = 0.25 + 0.25 = 0.5
                Step(0.25, emits: 0, estimate: 0.5),  // m = 0.5 + 0.25 − 1 = −0.25
                Step(0.25, emits: 0, estimate: 1 / 3),  // m = 0
                Step(0.25, emits: 0, estimate: 0.25),  // m = 0.25
            ], counts: [1, 0, 0, 0])
        check(
            Self.ladder(resetsToZero: true, initial: 0.25),
            [
                Step(0.25, emits: 1, estimate: 1),  // m = 0.5, then v = 0
                Step(0.25, emits: 0, estimate: 0.5),  // m = 0.25
                Step(0.25, emits: 1, estimate: 2 / 3),  // m = 0.5
            ], counts: [2, 0, 0, 0])
        check(
            Self.ladder(differential: true, initial: 0.25),
            [
                Step(0.25, emits: 1, estimate: 1),  // m = 0.25 + 0.25
                Step(0.25, emits: -1, estimate: 0.5),  // m = 2·(−0.75) + 0.25 = −1.25
                Step(0.25, emits: -1, estimate: Float(0.5) - Float(1) / 3),  // m = 3·(−0.25) + 0.25 = −0.5
            ], counts: [1, 0, 2, 0])
    }

    @Test func aSideWithInfiniteCutoffsIsSilent() {
        let positiveOnly = NeuronKernel(
            thresholds: ([1, 2], [1, 2]), cutoffs: ([0.5, 1.5], [.infinity, .infinity]), initialPotential: 0,
            differential: false, resetsToZero: false)
        check(
            positiveOnly,
            [
                Step(-3, emits: 0, estimate: 0),  // m = −3
                Step(-1.5, emits: 0, estimate: 0),  // m = −3: nothing is lost either
                Step(0.5, emits: 2, estimate: 2 / 3),  // m = 1.5
            ], counts: [0, 1, 0, 0])
    }
}
