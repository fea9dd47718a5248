import Testing
import VolleyTensors

/// Attention in one pass against the kernels that it is made of, bit for bit.
@Suite struct AttentionKernelTests {
    private static let sizes = [1, 5, 17, 33, 197]
    private static let heads = 2
    private static let levels = 5

    private enum Coding: CaseIterable { case none, rate, differential }
    private enum Mask: CaseIterable { case none, oneRow, allRows }

    private struct Case {
        var queries: Int
        var keys: Int
        var width: Int
        var valueWidth: Int
        var coding: Coding
        var mask: Mask
        var steps: Int

        /// Probabilities are near 1 / keys; some are sent and some are too small.
        var neuron: NeuronKernel? {
            guard coding != .none else { return nil }
            let thresholds = (0..<levels).map { 0.6 / Float(keys) * Float(1 << $0) }
            return NeuronKernel(
                thresholds: (thresholds, thresholds.map { 0.7 * $0 }),
                cutoffs: (thresholds.map { 0.75 * $0 }, thresholds.map { 0.5 * $0 }), initialPotential: 0,
                differential: coding == .differential, resetsToZero: false)
        }

        var kernel: AttentionKernel {
            var kernel = AttentionKernel(
                queries: queries, keys: keys, width: width, valueWidth: valueWidth, scale: 1 / Float(width).squareRoot(),
                neuron: neuron)
            kernel.gradedMask = 3
            return kernel
        }

        /// Of steps from `first` on; each head has a mask of its own, and one key that nobody sees.
        func inputs(_ range: Range<Int>) -> AttentionInputs {
            func part(_ size: Int, _ seed: UInt64) -> [Float] {
                let all = Awkward.finiteValues(steps * heads * size, seed: seed)
                return Array(all[range.lowerBound * heads * size..<range.upperBound * heads * size])
            }
            var inputs = AttentionInputs(
                q: part(queries * width, 80), k: part(width * keys, 81), v: part(keys * valueWidth, 82))
            let size = mask == .allRows ? queries * keys : keys
            if mask != .none {
                inputs.mask = Awkward.finiteValues(heads * size + 3, seed: 83).map { $0 > 1 ? -10_000 : $0 }
                inputs.maskOffsets = (0..<heads).map { 3 + (heads - 1 - $0) * size }
                inputs.maskHasOneRow = mask == .oneRow
            }
            return inputs
        }

        func emptyOutputs(steps: Int) -> AttentionOutputs {
            var outputs = AttentionOutputs()
            outputs.context = [Float](repeating: 7, count: steps * heads * queries * valueWidth)
            guard coding != .none else { return outputs }
            outputs.counts = [Int64](repeating: 0, count: steps * 2 * levels)
            outputs.emittedKeys = [Int64](repeating: 0, count: heads * steps * keys)
            outputs.sentKeys = outputs.emittedKeys
            outputs.gradedKeys = outputs.emittedKeys
            outputs.codes = [Int8](repeating: 7, count: steps * heads * queries * keys)
            return outputs
        }
    }

    private static func cases(queries: Int, keys: Int) -> [Case] {
        var cases: [Case] = []
        for (width, valueWidth) in [(16, 16), (64, 64), (16, 5)] {
            for coding in Coding.allCases {
                for mask in Mask.allCases {
                    for steps in [1, 4] {
                        cases.append(
                            Case(
                                queries: queries, keys: keys, width: width, valueWidth: valueWidth, coding: coding,
                                mask: mask, steps: steps))
                    }
                }
            }
        }
        return cases
    }

    /// Head by head and step by step, one kernel after the other.
    private func composed(_ example: Case, on kernels: Kernels) -> AttentionOutputs {
        let (queries, keys, width, valueWidth) = (example.queries, example.keys, example.width, example.valueWidth)
        let (inputs, heads, scores) = (example.inputs(0..<example.steps), Self.heads, queries * keys)
        var outputs = example.emptyOutputs(steps: example.steps)
        for head in 0..<heads {
            var state = NeuronState()
            state.sent = [Float](repeating: 0, count: scores)
            for step in 0..<example.steps {
                let place = step * heads + head
                let k = PackedMatrix(
                    rows: width, columns: keys, values: inputs.k, offset: place * width * keys, rowStride: keys, columnStride: 1)
                let v = PackedMatrix(
                    rows: keys, columns: valueWidth, values: inputs.v, offset: place * keys * valueWidth,
                    rowStride: valueWidth, columnStride: 1)
                var value = [Float](repeating: 7, count: scores)
                kernels.multiply(inputs.q, offset: place * queries * width, rows: queries, by: k, into: &value)
                kernels.apply(
                    .multiply, count: scores, value, offset: 0, stride: 1, [example.kernel.scale], offset: 0, stride: 0,
                    into: &value, offset: 0)
                for query in 0..<(example.mask == .none ? 0 : queries) {
                    kernels.apply(
                        .add, count: keys, value, offset: query * keys, stride: 1, inputs.mask,
                        offset: inputs.maskOffsets[head] + (inputs.maskHasOneRow ? 0 : query * keys), stride: 1,
                        into: &value, offset: query * keys)
                }
                var weights = value
                kernels.softmax(width: keys, value, into: &weights)
                if let neuron = example.neuron {
                    var sent = NeuronOutputs()
                    sent.codes = [Int8](repeating: 7, count: scores)
                    sent.estimate = value
                    sent.counts = [Int64](repeating: 0, count: 2 * Self.levels)
                    _ = kernels.run(
                        neuron, count: scores, firstStep: step + 1, steps: 1, input: weights, state: &state, outputs: &sent)
                    weights = sent.estimate
                    outputs.codes.replaceSubrange(place * scores..<(place + 1) * scores, with: sent.codes)
                    for level in sent.counts.indices { outputs.counts[step * 2 * Self.levels + level] += sent.counts[level] }
                    for index in 0..<scores {
                        let at = (head * example.steps + step) * keys + index % keys
                        if sent.codes[index] != 0 { outputs.emittedKeys[at] += 1 }
                        // A ladder of four steps per octave.
                        if (abs(Int(sent.codes[index])) + 3) % 4 != 0, sent.codes[index] != 0 { outputs.gradedKeys[at] += 1 }
                        if sent.estimate[index] != 0 { outputs.sentKeys[at] += 1 }
                    }
                }
                kernels.multiply(
                    weights, offset: 0, rows: queries, by: v, into: &outputs.context,
                    offset: place * queries * valueWidth)
            }
        }
        return outputs
    }

    /// Steps at once, or one call for each with the neurons' state in between.
    private func found(_ example: Case, on kernels: Kernels, oneByOne: Bool) -> AttentionOutputs {
        let atOnce = oneByOne ? 1 : example.steps
        var scratch = [Float](repeating: .nan, count: example.kernel.scratchCount(steps: atOnce))
        var all = example.emptyOutputs(steps: example.steps)
        (all.context, all.counts, all.codes) = ([], [], [])
        let scores = Self.heads * example.queries * example.keys
        var sent = oneByOne && example.coding != .none ? [Float](repeating: 0, count: scores) : []
        for step in stride(from: 0, to: example.steps, by: atOnce) {
            var part = example.emptyOutputs(steps: atOnce)
            part.sent = sent
            let bad = kernels.run(
                example.kernel, heads: Self.heads, firstStep: step + 1, steps: atOnce,
                inputs: example.inputs(step..<step + atOnce), outputs: &part, scratch: &scratch)
            #expect(bad == 0)
            sent = part.sent
            all.context += part.context
            all.counts += part.counts
            all.codes += part.codes
            let width = atOnce * example.keys
            for head in 0..<(example.coding == .none ? 0 : Self.heads) {
                for index in 0..<width {
                    let at = (head * example.steps + step) * example.keys + index
                    all.emittedKeys[at] += part.emittedKeys[head * width + index]
                    all.sentKeys[at] += part.sentKeys[head * width + index]
                    all.gradedKeys[at] += part.gradedKeys[head * width + index]
                }
            }
        }
        return all
    }

    @Test(arguments: sizes, sizes) func equalsItsParts(queries: Int, keys: Int) {
        for example in Self.cases(queries: queries, keys: keys) {
            let expected = composed(example, on: Kernels.available[0])
            for kernels in Kernels.available {
                for oneByOne in example.steps > 1 ? [false, true] : [false] {
                    let found = found(example, on: kernels, oneByOne: oneByOne)
                    let difference = firstDifference(found.context, expected.context)
                    #expect(difference == nil, "\(kernels.name), one by one: \(oneByOne), \(example)")
                    #expect(found.counts == expected.counts, "\(kernels.name), one by one: \(oneByOne), \(example)")
                    #expect(found.codes == expected.codes, "\(kernels.name), one by one: \(oneByOne), \(example)")
                    #expect(found.emittedKeys == expected.emittedKeys, "\(kernels.name), one by one: \(oneByOne), \(example)")
                    #expect(found.gradedKeys == expected.gradedKeys, "\(kernels.name), one by one: \(oneByOne), \(example)")
                    #expect(found.sentKeys == expected.sentKeys, "\(kernels.name), one by one: \(oneByOne), \(example)")
                }
            }
            if example.coding != .none { #expect(expected.counts.contains { $0 > 0 }) }
        }
    }
}
