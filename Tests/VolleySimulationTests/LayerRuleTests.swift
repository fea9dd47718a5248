import Testing
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Neurons that step by a rule at the end of a layer's pass: the bits of the same layer without neurons, and of the rule on what it makes.
@Suite struct LayerRuleTests {
    /// What a pass gives in all steps.
    private struct Found: Equatable {
        var value: [Float] = []
        var codes: [Int8] = []
        var estimate: [Float] = []
        var counts: [Int64] = []
    }

    private struct Case {
        var rows: Int
        var outputs: Int
        /// Of one step.
        var inputs: Int
        var addend: [Float]?
        var divisors: [Float]
        /// A kernel with these neurons, behind spikes or floats.
        var run: (LayerNeurons?, Kernels, _ firstStep: Int, _ steps: Int, inout LayerState, inout LayerOutputs) -> Int
    }

    private static let steps = 7
    /// Two codes of each sign, so that a product has both.
    private static let source = SpikeSource(Alphabet(positive: [0.5, 1], negative: [0.25]), isDifferential: false)

    private static func arriving(_ count: Int, _ random: inout SeededGenerator) -> (codes: [Int8], floats: [Float]) {
        ((0..<count).map { _ in [0, 0, 1, 2, -1][Int(random.next(upperBound: UInt64(5)))] }, random.normalTensor([count]).values)
    }

    private static func layer(_ rows: Int, _ inputs: Int, _ outputs: Int, spikes: Bool, divided: Bool, seed: UInt64) -> Case {
        var random = SeededGenerator(seed: seed)
        let weights = PackedMatrix(transposing: random.normalTensor([outputs * inputs], deviation: 0.4).values, outputs: outputs, inputs: inputs)
        let bias = random.normalTensor([outputs]).values, arriving = arriving(steps * rows * inputs, &random)
        let addend = seed % 2 == 0 ? random.normalTensor([rows * outputs]).values : nil
        let divisors = divided ? (0..<outputs).map { _ in 0.5 + random.uniform() } : []
        return Case(rows: rows, outputs: outputs, inputs: rows * inputs, addend: addend, divisors: divisors) {
            neurons, kernels, first, count, state, outputs in
            let kernel = LayerKernel(
                .floats(weights), bias: bias, source: spikes ? source : nil, activation: spikes ? .relu : nil, target: neurons, eventDensity: 0.5)
            let part = (first - 1) * rows * inputs..<(first - 1 + count) * rows * inputs
            var scratch = [Float](repeating: .nan, count: kernel.scratchCount(steps: count))
            return kernels.run(
                kernel, rows: rows, firstStep: first, steps: count, codes: spikes ? Array(arriving.codes[part]) : [],
                input: spikes ? [] : Array(arriving.floats[part]), addend: addend, divisors: neurons == nil ? [] : divisors, state: &state,
                outputs: &outputs, scratch: &scratch)
        }
    }

    private static func depthwise(_ channels: Int, _ size: Int, spikes: Bool, divided: Bool, seed: UInt64) -> Case {
        var random = SeededGenerator(seed: seed)
        let windows = ImageWindows(
            image: [size, size, channels], kernel: [3, 3], stride: [1, 1], dilation: [1, 1], padding: [1, 1], positions: [size, size])
        let weights = random.normalTensor([channels * 9], deviation: 0.4).values, bias = random.normalTensor([channels]).values
        let rows = 2 * size * size, pixels = rows * channels, arriving = arriving(steps * pixels, &random)
        let addend = seed % 2 == 0 ? random.normalTensor([pixels]).values : nil
        let divisors = divided ? (0..<channels).map { _ in 0.5 + random.uniform() } : []
        return Case(rows: rows, outputs: channels, inputs: pixels, addend: addend, divisors: divisors) {
            neurons, kernels, first, count, state, outputs in
            let kernel = GroupedKernel(
                weights, windows: windows, width: 1, bias: bias, source: spikes ? source : nil, activation: spikes ? .gelu : .relu6,
                target: neurons)
            let part = (first - 1) * pixels..<(first - 1 + count) * pixels
            var scratch = [Float](repeating: .nan, count: kernel.scratchCount(steps: count))
            return kernels.run(
                kernel, rows: rows, firstStep: first, steps: count, codes: spikes ? Array(arriving.codes[part]) : [],
                input: spikes ? [] : Array(arriving.floats[part]), addend: addend, divisors: neurons == nil ? [] : divisors, state: &state,
                outputs: &outputs, scratch: &scratch)
        }
    }

    private static func cases(_ seed: UInt64) -> [Case] {
        var cases: [Case] = []
        for (spikes, divided) in [(true, false), (true, true), (false, false), (false, true)] {
            for (rows, inputs, outputs) in [(1, 1, 1), (5, 7, 3), (60, 20, 17), (13, 33, 200)] {
                cases.append(layer(rows, inputs, outputs, spikes: spikes, divided: divided, seed: seed))
            }
            for (channels, size) in [(1, 2), (17, 5), (40, 12)] {
                cases.append(depthwise(channels, size, spikes: spikes, divided: divided, seed: seed))
            }
        }
        return cases
    }

    @Test(arguments: NeuronRuleTests.models.indices) func sameBits(index: Int) throws {
        let layer = NeuronLayer(NeuronRuleTests.models[index])
        let rule = try #require(layer.model.rule)
        let neurons = LayerNeurons.rule(rule, layer.alphabet)
        var fired = false
        for example in Self.cases(UInt64(index)) {
            let expected = Self.apart(example, rule, layer.alphabet)
            for kernels in Kernels.available {
                for parts in [[Self.steps], [1, 2, Self.steps - 3]] {
                    let found = Self.together(example, neurons, kernels, parts)
                    #expect(found == expected, "\(kernels.name), parts of \(parts) steps, \(example.rows) rows of \(example.outputs)")
                }
            }
            fired = fired || expected.codes.contains { $0 != 0 }
        }
        #expect(fired || layer.isSilent, "the neurons fire")
    }

    /// The layer's value, and then the rule.
    private static func apart(_ example: Case, _ rule: NeuronRule, _ alphabet: Alphabet) -> Found {
        let size = example.rows * example.outputs
        var (state, outputs) = (LayerState(), LayerOutputs())
        outputs.value = [Float](repeating: .nan, count: steps * size)
        _ = example.run(nil, Kernels.available[0], 1, steps, &state, &outputs)
        var (kept, sent) = (RuleState(), NeuronOutputs())
        sent.codes = [Int8](repeating: 99, count: steps * size)
        sent.estimate = [Float](repeating: .nan, count: steps * size)
        sent.counts = [Int64](repeating: 0, count: steps * alphabet.codes.count)
        let divisors = example.divisors.isEmpty ? [] : (0..<example.rows).flatMap { _ in example.divisors }
        _ = Kernels.available[0].run(
            rule, alphabet, count: size, firstStep: 1, steps: steps, input: outputs.value, isStatic: false, divisors: divisors, state: &kept,
            outputs: &sent)
        return Found(value: outputs.value, codes: sent.codes, estimate: sent.estimate, counts: sent.counts)
    }

    /// All in one pass, some steps at a time. Codes and values that nobody wants change nothing else.
    private static func together(_ example: Case, _ neurons: LayerNeurons, _ kernels: Kernels, _ parts: [Int]) -> Found {
        let size = example.rows * example.outputs
        var state = LayerState()
        if parts.count > 1 {
            state.sums = [Float](repeating: 0, count: size)
            state.rule = RuleState(neurons: size)
        }
        var (all, first) = (Found(), 1)
        for count in parts {
            var again = state
            let full = part(example, neurons, kernels, first, count, &state, wantsCodes: true)
            let counted = part(example, neurons, kernels, first, count, &again, wantsCodes: false)
            #expect(counted.counts == full.counts && counted.estimate == full.estimate)
            all.value += full.value
            all.codes += full.codes
            all.estimate += full.estimate
            all.counts += full.counts
            first += count
        }
        return all
    }

    private static func part(
        _ example: Case, _ neurons: LayerNeurons, _ kernels: Kernels, _ first: Int, _ count: Int, _ state: inout LayerState, wantsCodes: Bool
    ) -> Found {
        let size = count * example.rows * example.outputs
        var outputs = LayerOutputs()
        if wantsCodes {
            outputs.value = [Float](repeating: .nan, count: size)
            outputs.codes = [Int8](repeating: 99, count: size)
        }
        outputs.estimate = [Float](repeating: .nan, count: size)
        outputs.counts = [Int64](repeating: 0, count: count * neurons.countsPerStep)
        #expect(example.run(neurons, kernels, first, count, &state, &outputs) == 0)
        return Found(value: outputs.value, codes: outputs.codes, estimate: outputs.estimate, counts: outputs.counts)
    }
}
