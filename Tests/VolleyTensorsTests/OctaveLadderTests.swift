import Foundation
import Testing
import VolleyTensors

/// Ladders of many levels that repeat from octave to octave, and some that nearly do: on wide vectors the first find their levels without
/// trying a cut-off, the others must not.
@Suite struct OctaveLadderTests {
    struct Ladder: Sendable, CustomTestStringConvertible {
        var name: String
        var up: (thresholds: [Float], cutoffs: [Float])
        var down: (thresholds: [Float], cutoffs: [Float])

        var levels: Int { up.thresholds.count }
        var testDescription: String { "\(name), \(levels) levels" }

        /// The value of a spike and its code, by trying every cut-off.
        func fires(at potential: Float, silence: Float) -> (value: Float, code: Int8) {
            let (side, sign): (_, Float) = potential < 0 ? (down, -1) : (up, 1)
            guard !(abs(potential) < silence), let level = side.cutoffs.lastIndex(where: { $0.isFinite && abs(potential) >= $0 }) else {
                return (0, 0)
            }
            return (sign * side.thresholds[level], Int8(sign) * Int8(level + 1))
        }

        func kernel(differential: Bool, deadZones: [Float], initial: Float) -> NeuronKernel {
            NeuronKernel(
                thresholds: (up.thresholds, down.thresholds), cutoffs: (up.cutoffs, down.cutoffs), initialPotential: initial,
                deadZones: deadZones, differential: differential, resetsToZero: false)
        }
    }

    /// Thresholds an octave apart are exact doubles, and the top one is given.
    private static func thresholds(_ levels: Int, _ steps: Int, top: Float) -> [Float] {
        (0..<levels).map { level in
            let below = level - (levels - 1), step = (below % steps + steps) % steps
            let mantissa = Float(Double(top) * pow(2, Double(step) / Double(steps)))
            return mantissa * Float(sign: .plus, exponent: (below - step) / steps, significand: 1)
        }
    }

    static let ladders: [Ladder] = {
        var ladders: [Ladder] = []
        for (levels, steps) in [(16, 1), (20, 2), (31, 4), (32, 4), (48, 4), (63, 4), (64, 8), (96, 8), (127, 8), (5, 8), (9, 4)] {
            let nearest = Float((1 + pow(2, -1 / Double(steps))) / 2), never = [Float](repeating: .infinity, count: levels)
            for top: Float in [1.37, 1, Float(2).nextDown, 3.7e-30] {
                let up = thresholds(levels, steps, top: top), other = thresholds(levels, steps, top: 0.7 * top)
                let positive = (thresholds: up, cutoffs: up.map { nearest * $0 })
                ladders.append(Ladder(name: "alike, top \(top)", up: positive, down: positive))
                ladders.append(Ladder(name: "two sides, top \(top)", up: positive, down: (other, other.map { nearest * $0 })))
                ladders.append(Ladder(name: "positive only, top \(top)", up: positive, down: (up, never)))
                ladders.append(Ladder(name: "negative only, top \(top)", up: (up, never), down: positive))
            }
            let up = thresholds(levels, steps, top: 3000)
            // Whole numbers, the least of them equal: no octave is the double of the one below.
            let whole = up.map { max(1, $0.rounded()) }
            ladders.append(
                Ladder(name: "whole", up: (whole, whole.map { nearest * $0 }), down: (whole, whole.map { nearest * $0 })))
            // Whole numbers behind cut-offs that repeat, as before 8-bit weights; the sides are alike, or differ.
            let sides = (up.map { nearest * $0 }, up.map { 0.6 * nearest * $0 })
            ladders.append(Ladder(name: "multiples", up: (whole, sides.0), down: (whole, sides.0)))
            ladders.append(Ladder(name: "multiples, two sides", up: (whole, sides.0), down: (up.map { max(1, (0.6 * $0).rounded()) }, sides.1)))
            // Cut-offs that repeat, but one threshold that does not, and the reverse.
            var bent = up
            bent[levels / 2] = bent[levels / 2].nextUp
            ladders.append(Ladder(name: "bent threshold", up: (bent, up.map { nearest * $0 }), down: (bent, up.map { nearest * $0 })))
            ladders.append(Ladder(name: "bent cut-off", up: (up, bent), down: (up, bent)))
            // Below the smallest threshold the cut-off is half of it, as where silence rounds to nearest.
            let low = [up[0] / 2] + up.dropFirst().map { nearest * $0 }
            ladders.append(Ladder(name: "low first cut-off", up: (up, low), down: (up, low)))
        }
        // Equal neighbours in every octave: it repeats, but two cut-offs fall together.
        let pairs = thresholds(24, 1, top: 5).flatMap { [$0, $0] }
        ladders.append(Ladder(name: "equal neighbours", up: (pairs, pairs), down: (pairs, pairs)))
        return ladders
    }()

    /// Every cut-off and its neighbours on both signs, and what no ladder expects.
    private static func edges(_ ladder: Ladder) -> [Float] {
        let sizes = (ladder.up.cutoffs + ladder.down.cutoffs + ladder.up.thresholds).filter(\.isFinite)
        let positive = sizes.flatMap { [$0, $0.nextUp, $0.nextDown, 1.3 * $0] } + [0, .leastNonzeroMagnitude, 3e38, .infinity]
        return positive + positive.map { -$0 } + [.nan]
    }

    /// From rest and in one call, as layers step behind a product.
    @Test(arguments: Kernels.available) func oneTimeStepFiresTheHighestCutoffReached(kernels: Kernels) {
        for ladder in Self.ladders {
            let input = Self.edges(ladder)
            for (zone, initial): (Float?, Float) in [(nil, 0), (ladder.up.thresholds[ladder.levels / 2], 0), (nil, ladder.up.thresholds[0])] {
                let expected = input.map { value -> (value: Float, code: Int8) in
                    value.isNaN ? (0, 0) : ladder.fires(at: value + initial, silence: zone ?? 0)
                }
                for differential in [false, true] {
                    let neuron = ladder.kernel(differential: differential, deadZones: zone.map { [$0] } ?? [], initial: initial)
                    var state = NeuronState(), outputs = NeuronOutputs()
                    outputs.codes = [Int8](repeating: 99, count: input.count)
                    outputs.estimate = [Float](repeating: 7, count: input.count)
                    outputs.counts = [Int64](repeating: 0, count: 2 * ladder.levels)
                    let bad = kernels.run(
                        neuron, count: input.count, firstStep: 1, steps: 1, input: input, state: &state, outputs: &outputs)
                    var counts = [Int64](repeating: 0, count: 2 * ladder.levels)
                    for case let (_, code) in expected where code != 0 { counts[code > 0 ? Int(code) - 1 : ladder.levels - Int(code) - 1] += 1 }
                    let case_ = "\(kernels.name), \(ladder.testDescription), differential \(differential), zone \(zone ?? 0), rest \(initial)"
                    #expect(outputs.codes == expected.map(\.code), "\(case_)")
                    #expect(outputs.estimate == expected.map(\.value), "\(case_)")
                    #expect(outputs.counts == counts, "\(case_)")
                    #expect(bad == 3, "\(case_)")
                }
            }
        }
    }

    /// Several time-steps, with and without a state, in spans of every kind of end: the same bits as without vectors.
    @Test(arguments: Awkward.vectorKernels) func severalTimeStepsGiveTheSameBits(kernels: Kernels) {
        for (index, ladder) in Self.ladders.enumerated() {
            for (steps, size) in [(1, 4100), (2, 65), (4, 64), (3, 1), (17, 130), (1, 70_001)] where size < 70_000 || index % 20 == 0 {
                let top = ladder.up.thresholds[ladder.levels - 1]
                let input = Awkward.finiteValues(steps * size, seed: UInt64(index)).map { max(-4, min(4, $0)) * top / 2 }
                for (differential, keepsState) in [(false, true), (true, false), (true, true), (false, false)] {
                    let zones = index % 3 == 0 ? [ladder.up.thresholds[0] * 3, ladder.up.thresholds[0] * 2] : []
                    let neuron = ladder.kernel(differential: differential, deadZones: zones, initial: index % 2 == 0 ? 0 : top / 100)
                    func run(_ kernels: Kernels) -> (NeuronState, NeuronOutputs) {
                        var state = NeuronState(), outputs = NeuronOutputs()
                        if keepsState { state.sent = [Float](repeating: 0, count: size) }
                        outputs.codes = [Int8](repeating: 99, count: keepsState ? 0 : steps * size)
                        outputs.estimate = [Float](repeating: 7, count: steps * size)
                        outputs.counts = [Int64](repeating: 5, count: steps * 2 * ladder.levels)
                        let bad = kernels.run(
                            neuron, count: size, firstStep: 1, steps: steps, input: input, state: &state, outputs: &outputs)
                        #expect(bad == 0)
                        return (state, outputs)
                    }
                    let ((state, outputs), (expectedState, expected)) = (run(kernels), run(Kernels.available[0]))
                    let name = "\(kernels.name), \(ladder.testDescription), \(steps) steps of \(size), differential \(differential)"
                    #expect(firstDifference(state.sent, expectedState.sent) == nil, "\(name)")
                    #expect(firstDifference(outputs.estimate, expected.estimate) == nil, "\(name)")
                    #expect(outputs.codes == expected.codes, "\(name)")
                    #expect(outputs.counts == expected.counts, "\(name)")
                }
            }
        }
    }
}
