import Foundation
import Testing
import VolleyTensors

/// What holds for layers of any size, on every instruction set.
@Suite struct NeuronKernelTests {
    /// A layer's state after some steps, and what came out of the last one.
    private struct Run: Equatable {
        var sent: [Float]
        var baseline: [Float]
        var emitted: [Float]
        var estimate: [Float]
        var counts: [Int64]
        var bad = 0

        init(_ neuron: NeuronKernel, inputs: [[Float]], on kernels: Kernels) {
            let size = inputs[0].count
            sent = [Float](repeating: 0, count: size)
            baseline = neuron.resetsToZero ? sent : []
            emitted = [Float](repeating: 7, count: size)
            estimate = emitted
            counts = [Int64](repeating: 0, count: 2 * neuron.levels)
            for (index, input) in inputs.enumerated() {
                bad += kernels.step(
                    neuron, step: index + 1, input: input, sent: &sent, baseline: &baseline, emitted: &emitted,
                    estimate: &estimate, counts: &counts)
            }
        }

        func difference(from other: Run) -> String? {
            for (a, b) in [
                (sent, other.sent), (baseline, other.baseline), (emitted, other.emitted), (estimate, other.estimate),
            ] {
                if let difference = firstDifference(a, b) { return difference }
            }
            return counts == other.counts && bad == other.bad ? nil : "counts \(counts), \(bad) against \(other.counts), \(other.bad)"
        }
    }

    private enum Variant: CaseIterable { case subtraction, differential, zero }

    private static func neuron(_ variant: Variant, levels: Int, initial: Float = 0, base: Float = 0.1) -> NeuronKernel {
        let thresholds = (0..<levels).map { base * Float(1 << $0) }
        let cutoffs = thresholds.map { $0 - base / 2 }
        return NeuronKernel(
            thresholds: (thresholds, thresholds.map { 0.7 * $0 }), cutoffs: (cutoffs, cutoffs.map { 0.7 * $0 }),
            initialPotential: initial, differential: variant == .differential, resetsToZero: variant == .zero)
    }

    private static func inputs(_ size: Int, steps: Int, seed: UInt64) -> [[Float]] {
        (0..<steps).map { Awkward.finiteValues(size, seed: seed + UInt64($0)) }
    }

    @Test(arguments: Awkward.vectorKernels) func everyInstructionSetGivesTheSameBits(kernels: Kernels) {
        for variant in Variant.allCases {
            for levels in [1, 4, 24] {
                for size in Awkward.sizes {
                    let neuron = Self.neuron(variant, levels: levels, initial: 0.03, base: levels > 8 ? 1e-6 : 0.1)
                    let inputs = Self.inputs(size, steps: 5, seed: 60)
                    let difference = Run(neuron, inputs: inputs, on: kernels).difference(
                        from: Run(neuron, inputs: inputs, on: Kernels.available[0]))
                    #expect(difference == nil, "\(kernels.name) \(variant), \(levels) levels, \(size) neurons")
                }
            }
        }
    }

    @Test(arguments: Awkward.vectorKernels) func everyInstructionSetTreatsSpecialValuesAlike(kernels: Kernels) {
        for variant in Variant.allCases {
            let neuron = Self.neuron(variant, levels: 3)
            let inputs = [Awkward.values(100, seed: 61), Awkward.values(100, seed: 62)]
            let run = Run(neuron, inputs: inputs, on: kernels)
            let difference = run.difference(from: Run(neuron, inputs: inputs, on: Kernels.available[0]))
            #expect(difference == nil, "\(kernels.name) \(variant)")
            #expect(run.bad > 0)
        }
    }

    @Test(arguments: Kernels.available) func neuronsDoNotSeeEachOther(kernels: Kernels) {
        for variant in Variant.allCases {
            let neuron = Self.neuron(variant, levels: 4, initial: 0.02)
            let inputs = Self.inputs(37, steps: 4, seed: 70)
            let all = Run(neuron, inputs: inputs, on: kernels)
            var counts = [Int64](repeating: 0, count: 8)
            for index in 0..<37 {
                let one = Run(neuron, inputs: inputs.map { [$0[index]] }, on: kernels)
                #expect(one.sent == [all.sent[index]] && one.estimate == [all.estimate[index]])
                for level in 0..<8 { counts[level] += one.counts[level] }
            }
            #expect(counts == all.counts)
        }
    }

    @Test(arguments: Kernels.available) func spikesAreCountedByLevelAndSign(kernels: Kernels) {
        let neuron = NeuronKernel(
            thresholds: ([1, 2, 4], [1, 2, 4]), cutoffs: ([0.5, 1.5, 3.5], [0.5, 1.5, 3.5]), initialPotential: 0,
            differential: false, resetsToZero: false)
        let values: [Float] = [4, 1, 0, -2, 2, 2, -1, -1, -1, -4, 4, 4, 4, 4, 0, 1, 4, 0.25]
        let run = Run(neuron, inputs: [values], on: kernels)
        #expect(run.counts == [2, 2, 6, 3, 1, 1])
        #expect(run.emitted == values.map { $0 == 0.25 ? 0 : $0 })
    }

    /// Ladders that double and some that do not, with half-base and nearest rounding, alike or not on both sides.
    private static func ladders() -> [(thresholds: ([Float], [Float]), cutoffs: ([Float], [Float]))] {
        var ladders: [(thresholds: ([Float], [Float]), cutoffs: ([Float], [Float]))] = []
        for levels in Array(1...26) + [31, 32, 33, 63, 64, 65, 127] {
            let ratios: [(Float, Float)] = [
                (0.1, 2), (1.37, 2), (0x1p-128, 2), (0.02, 1.4142135), (0.02, 1.1892071), (0.3, 1.0905077), (0.02, 1.4), (1e-6, 3),
            ]
            for (base, ratio) in ratios where Double(base) * Double(pow(ratio, Float(levels))) < 1e37 {
                let up = (0..<levels).map { level in (0..<level).reduce(base) { value, _ in value * ratio } }
                for other: Float in [1, 0.7, 0.01] {
                    let down = up.map { other * $0 }
                    ladders.append(((up, down), (up.map { $0 - up[0] / 2 }, down.map { 0.75 * $0 })))
                    ladders.append(((up, down), (up.map { 0.75 * $0 }, down.map { 0.75 * $0 })))
                }
                let never = [Float](repeating: .infinity, count: levels)
                ladders.append(((up, up), (up.map { $0 - up[0] / 2 }, never)))
                ladders.append(((up, up), (never, up.map { 0.75 * $0 })))
            }
        }
        return ladders
    }

    @Test(arguments: Kernels.available) func theHighestCutoffReachedFires(kernels: Kernels) {
        for ladder in Self.ladders() {
            let (up, down) = ladder.cutoffs
            let edges = (up + down).filter(\.isFinite).flatMap { [$0, $0.nextUp, $0.nextDown, 1.3 * $0] }
            let input = edges + edges.map { -$0 } + [0, -0.0, .leastNonzeroMagnitude, 3e38, -3e38]
            let expected = input.map { value -> Float in
                if let level = up.lastIndex(where: { value >= $0 }) { return ladder.thresholds.0[level] }
                if let level = down.lastIndex(where: { -value >= $0 }) { return -ladder.thresholds.1[level] }
                return 0
            }
            for variant in Variant.allCases {
                let neuron = NeuronKernel(
                    thresholds: ladder.thresholds, cutoffs: ladder.cutoffs, initialPotential: 0,
                    differential: variant == .differential, resetsToZero: variant == .zero)
                let run = Run(neuron, inputs: [input], on: kernels)
                guard run.emitted == expected else {
                    Issue.record("\(kernels.name) \(variant): cut-offs \(ladder.cutoffs)")
                    return
                }
                #expect(run.bad == 0)
                #expect(run.counts.reduce(0, +) == Int64(expected.count { $0 != 0 }))
            }
        }
    }

    /// `|m| < t·δ_t` is silent, whatever the ladder says, and so is what is less than the least potential; the last dead zone holds on.
    @Test(arguments: Kernels.available) func nothingFiresInADeadZone(kernels: Kernels) {
        for (levels, ratio): (Int, Float) in [(3, 2), (8, 2), (20, 2), (9, 1.1892071), (40, 1.1892071), (70, 1.0905077), (5, 1.37)] {
            let thresholds = (0..<levels).map { level in (0..<level).reduce(Float(0.1)) { value, _ in value * ratio } }
            let cutoffs = thresholds.map { $0 * (1 + 1 / ratio) / 2 }
            let zones: [Float] = [0.25, 0.125]
            let input = (Awkward.finiteValues(60, seed: 7) + [0.25, -0.25, Float(0.25).nextDown, 0.125, -0.125]).map { $0 }
            for (differential, least): (Bool, Float) in [(false, 0), (true, 0), (false, 0.3), (true, 0.3)] {
                let neuron = NeuronKernel(
                    thresholds: (thresholds, thresholds), cutoffs: (cutoffs, cutoffs), initialPotential: 0, deadZones: zones,
                    leastPotential: least, differential: differential, resetsToZero: false)
                var sent = [Float](repeating: 0, count: input.count)
                var baseline: [Float] = []
                var (emitted, estimate) = (sent, sent)
                var counts = [Int64](repeating: 0, count: 2 * levels)
                var silenced = 0
                for step in 1...3 {
                    let t = Float(step), before = sent
                    _ = kernels.step(
                        neuron, step: step, input: input, sent: &sent, baseline: &baseline, emitted: &emitted, estimate: &estimate,
                        counts: &counts)
                    for index in input.indices {
                        let m = differential ? t * (input[index] - before[index]) : t * input[index] - before[index]
                        let level = cutoffs.lastIndex { abs(m) >= $0 }
                        let isSilent = abs(m) < max(t * zones[min(step, 2) - 1], least)
                        silenced += isSilent && level != nil ? 1 : 0
                        let size = isSilent ? 0 : level.map { thresholds[$0] } ?? 0
                        #expect(emitted[index] == (m < 0 ? -size : size), "\(kernels.name), \(levels) levels, m = \(m), step \(step)")
                    }
                }
                #expect(silenced > 0)
            }
        }
    }

    @Test(arguments: Kernels.available) func countsAreAddedTo(kernels: Kernels) {
        let neuron = Self.neuron(.subtraction, levels: 1)
        var sent: [Float] = [0]
        var baseline: [Float] = []
        var (emitted, estimate): ([Float], [Float]) = ([7], [7])
        var counts: [Int64] = [1 << 40, 5]
        _ = kernels.step(
            neuron, step: 1, input: [3], sent: &sent, baseline: &baseline, emitted: &emitted, estimate: &estimate,
            counts: &counts)
        #expect(counts == [(1 << 40) + 1, 5])
    }

    @Test(arguments: Kernels.available) func potentialsThatAreNotFiniteAreCounted(kernels: Kernels) {
        for variant in Variant.allCases {
            let neuron = Self.neuron(variant, levels: 3)
            for size in Awkward.sizes where size > 0 {
                var input = [Float](repeating: 0.3, count: size)
                #expect(Run(neuron, inputs: [input], on: kernels).bad == 0)
                input[0] = .nan
                input[size - 1] = -.infinity
                input[size / 2] = .infinity
                #expect(Run(neuron, inputs: [input], on: kernels).bad == Set([0, size - 1, size / 2]).count)
            }
            // Finite, but t·φ_in is not.
            #expect(Run(neuron, inputs: [[0], [3e38]], on: kernels).bad == 1)
        }
    }

    @Test(arguments: Kernels.available) func lanesPastTheEndNeverFire(kernels: Kernels) {
        // The smallest cut-offs lie below the rounding error of the initial potential.
        for variant in Variant.allCases {
            for size in [1, 3, 15, 17, 31, 33] {
                for initial: Float in [0.7, -0.3, 1.9, 1000.1] {
                    let neuron = Self.neuron(variant, levels: 20, initial: initial, base: 1e-12)
                    var expected = [Int64](repeating: 0, count: 40)
                    var sent = [Float](repeating: 0, count: size)
                    var baseline = variant == .zero ? sent : []
                    var emitted = [Float](repeating: 7, count: size)
                    var estimate = emitted
                    var counts = expected
                    for step in 1...11 {
                        _ = kernels.step(
                            neuron, step: step, input: [Float](repeating: 0.1, count: size), sent: &sent,
                            baseline: &baseline, emitted: &emitted, estimate: &estimate, counts: &counts)
                        expected[0] += Int64(kernels.countNonzero(emitted))
                    }
                    #expect(counts.reduce(0, +) == expected[0], "\(variant), \(size) neurons, v(0) = \(initial)")
                }
            }
        }
    }

    @Test(arguments: Kernels.available) func chargeIsConserved(kernels: Kernels) {
        let base: Float = 0.0625
        let thresholds = (0..<8).map { base * Float(1 << $0) }
        let cutoffs = thresholds.map { $0 - base / 2 }
        let neuron = NeuronKernel(
            thresholds: (thresholds, thresholds), cutoffs: (cutoffs, cutoffs), initialPotential: 0, differential: false,
            resetsToZero: false)
        let input = Awkward.finiteValues(50, seed: 80).map { max(-2, min(2, $0)) }
        var sent = [Float](repeating: 0, count: 50)
        var baseline: [Float] = []
        var (emitted, estimate) = (sent, sent)
        var total = sent
        var counts = [Int64](repeating: 0, count: 16)
        for step in 1...40 {
            _ = kernels.step(
                neuron, step: step, input: input, sent: &sent, baseline: &baseline, emitted: &emitted,
                estimate: &estimate, counts: &counts)
            for index in 0..<50 { total[index] += emitted[index] }
            #expect(sent == total)
            #expect(estimate == total.map { $0 / Float(step) })
            for index in 0..<50 {
                // A spike is worth more than half of m − base/2, so |v| ≤ (|v| + |I| + base/2) / 2 at the next step.
                let left = Float(step) * input[index] - sent[index]
                #expect(abs(left) <= abs(input[index]) + base / 2 + 0x1p-16)
            }
        }
    }

    @Test func brokenContractsTrap() async {
        await #expect(processExitsWith: .failure) {
            _ = NeuronKernel(
                thresholds: ([1], [1, 2]), cutoffs: ([1], [1]), initialPotential: 0, differential: false,
                resetsToZero: false)
        }
        await #expect(processExitsWith: .failure) {
            _ = NeuronKernel(
                thresholds: ([1], [1]), cutoffs: ([1], [1]), initialPotential: 0, differential: true, resetsToZero: true)
        }
    }
}
