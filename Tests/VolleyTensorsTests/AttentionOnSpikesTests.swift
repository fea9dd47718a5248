import Testing
import VolleyTensors

/// Attention that is given spikes against attention that is given the estimates behind them, bit for bit.
@Suite struct AttentionOnSpikesTests {
    private static let (samples, headsPerToken, tokens) = (2, 3, 37)
    private static let heads = samples * headsPerToken

    struct Case: Sendable, CustomTestStringConvertible {
        var width: Int
        var valueWidth: Int
        var levels: Int
        var isDifferential: Bool
        var testDescription: String { "\(width), \(valueWidth), \(levels) levels, differential \(isDifferential)" }
    }

    static let cases = [false, true].flatMap { isDifferential in
        [(64, 64, 8), (16, 5, 3), (20, 33, 18), (20, 33, 30), (17, 16, 70)].map {
            Case(width: $0, valueWidth: $1, levels: $2, isDifferential: isDifferential)
        }
    }

    /// One side's neurons, and what they sent in all steps: `[steps, samples, tokens, heads, width]`.
    private struct Side {
        let source: SpikeSource
        var codes: [Int8]
        var estimates: [Float]
    }

    private static func side(_ example: Case, width: Int, steps: Int, seed: UInt64) -> Side {
        let ratio: Float = example.levels > 20 ? 1.189 : 2
        let thresholds = (0..<example.levels).map { level in (0..<level).reduce(0x1p-6 * 1.3) { value, _ in value * ratio } }
        let neuron = NeuronKernel(
            thresholds: (thresholds, thresholds.map { 0.7 * $0 }),
            cutoffs: (thresholds.map { 0.75 * $0 }, thresholds.map { 0.5 * $0 }), initialPotential: 0,
            differential: example.isDifferential, resetsToZero: false)
        let count = samples * tokens * headsPerToken * width
        var (state, outputs) = (NeuronState(), NeuronOutputs())
        outputs.codes = [Int8](repeating: 0, count: steps * count)
        outputs.estimate = [Float](repeating: 0, count: steps * count)
        outputs.counts = [Int64](repeating: 0, count: steps * 2 * example.levels)
        _ = Kernels.available[0].run(
            neuron, count: count, firstStep: 1, steps: steps, input: Awkward.finiteValues(steps * count, seed: seed), state: &state,
            outputs: &outputs)
        // As in a ladder of four steps per octave.
        let graded = thresholds.indices.map { $0 % 4 != 0 }
        let alphabet = Alphabet(positive: thresholds, negative: thresholds.map { 0.7 * $0 }, graded: graded + graded)
        return Side(
            source: SpikeSource(alphabet, isDifferential: example.isDifferential), codes: outputs.codes, estimates: outputs.estimate)
    }

    @Test(arguments: cases) func equalsAttentionOnEstimates(_ example: Case) {
        let steps = 5
        let (width, tokens, heads) = (example.width, Self.tokens, Self.heads)
        let sides = [width, width, example.valueWidth].enumerated().map {
            Self.side(example, width: $1, steps: steps, seed: 90 + UInt64($0))
        }
        var plain = AttentionKernel(
            queries: tokens, keys: tokens, width: width, valueWidth: example.valueWidth, scale: 0.2, neuron: nil)
        plain.headsPerToken = Self.headsPerToken
        var spiking = plain
        spiking.sources = AttentionSources(q: sides[0].source, k: sides[1].source, v: sides[2].source)
        let resultCount = heads * tokens * example.valueWidth

        for kernels in Kernels.available {
            var expected = AttentionOutputs()
            expected.context = [Float](repeating: 7, count: steps * resultCount)
            var scratch = [Float](repeating: .nan, count: spiking.scratchCount(steps: steps))
            _ = kernels.run(
                plain, heads: heads, firstStep: 1, steps: steps,
                inputs: AttentionInputs(q: sides[0].estimates, k: sides[1].estimates, v: sides[2].estimates), outputs: &expected,
                scratch: &scratch)
            // All steps in one call, and in two with the state in between.
            for parts in [[0..<5], [0..<2, 2..<5]] {
                var state = parts.count > 1 ? [Float](repeating: 0, count: heads * spiking.inputsPerHead) : []
                for range in parts {
                    func part(_ side: Side) -> [Int8] {
                        let count = side.codes.count / steps
                        return Array(side.codes[range.lowerBound * count..<range.upperBound * count])
                    }
                    var found = AttentionOutputs()
                    found.context = [Float](repeating: 7, count: range.count * resultCount)
                    found.sourcesSent = state
                    found.emittedInputs = [Int32](repeating: 0, count: heads * range.count * spiking.meetingsPerHead)
                    found.sentInputs = found.emittedInputs
                    found.gradedInputs = found.emittedInputs
                    _ = kernels.run(
                        spiking, heads: heads, firstStep: range.lowerBound + 1, steps: range.count,
                        inputs: AttentionInputs(qCodes: part(sides[0]), kCodes: part(sides[1]), vCodes: part(sides[2])),
                        outputs: &found, scratch: &scratch)
                    state = found.sourcesSent
                    let those = Array(expected.context[range.lowerBound * resultCount..<range.upperBound * resultCount])
                    #expect(found.context == those, "\(kernels.name), steps \(range)")
                    let (emitted, sent, graded) = Self.counted(example, sides, range)
                    #expect(found.emittedInputs == emitted, "\(kernels.name), steps \(range)")
                    #expect(found.sentInputs == sent, "\(kernels.name), steps \(range)")
                    #expect(found.gradedInputs == graded, "\(kernels.name), steps \(range)")
                    #expect(graded != emitted && graded.contains { $0 > 0 })
                    #expect(sent != emitted && emitted.contains { $0 > 0 })
                }
            }
        }
    }

    /// By head: features of q, features of k, tokens of v, each at every step.
    private static func counted(_ example: Case, _ sides: [Side], _ range: Range<Int>) -> (emitted: [Int32], sent: [Int32], graded: [Int32]) {
        var (emitted, sent, graded): ([Int32], [Int32], [Int32]) = ([], [], [])
        for head in 0..<heads {
            for (index, side) in sides.enumerated() {
                let width = index == 2 ? example.valueWidth : example.width
                for step in range {
                    var counts = [(Int32, Int32, Int32)](repeating: (0, 0, 0), count: index == 2 ? tokens : width)
                    for token in 0..<tokens {
                        for column in 0..<width {
                            let row = (step * samples + head / headsPerToken) * tokens + token
                            let at = (row * headsPerToken + head % headsPerToken) * width + column
                            let position = index == 2 ? token : column
                            if side.codes[at] != 0 { counts[position].0 += 1 }
                            if side.estimates[at] != 0 { counts[position].1 += 1 }
                            if side.codes[at] != 0, (abs(Int(side.codes[at])) - 1) % 4 != 0 { counts[position].2 += 1 }
                        }
                    }
                    emitted += counts.map(\.0)
                    sent += counts.map(\.1)
                    graded += counts.map(\.2)
                }
            }
        }
        return (emitted, sent, graded)
    }
}
