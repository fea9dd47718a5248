import Testing
import VolleyTensors

/// A grouped convolution gives the same bits however it is computed: those of a layer of each group, whose rows are its windows.
@Suite struct GroupedKernelTests {
    private static let scalar = Kernels.available[0]

    @Test func everyGroupIsALayer() {
        var fired = 0
        for example in GroupedCase.all {
            let found = GroupedResult(example, on: .best)
            let groups = example.channels / example.width
            for group in Set([0, groups / 2, groups - 1]) {
                let expected = layer(example, group)
                #expect(firstDifference(example.part(group, of: found.value), expected.value) == nil, "group \(group) of \(example)")
                #expect(firstDifference(example.part(group, of: found.estimate), expected.estimate) == nil, "\(example)")
                #expect(example.part(group, of: found.codes) == expected.codes, "\(example)")
            }
            var counts = [Int64](repeating: 0, count: found.counts.count)
            for (index, code) in found.codes.enumerated() where code != 0 {
                let (step, level) = (index / (example.rows * example.channels), Int(abs(code)) - 1)
                counts[(2 * step + (code < 0 ? 1 : 0)) * GroupedCase.targetLevels + level] += 1
            }
            #expect(found.counts == counts && found.bad == 0, "\(example)")
            fired += Int(counts.reduce(0, +))
        }
        #expect(fired > 0)
    }

    @Test(arguments: Kernels.available) func everyWayOfComputingGivesTheSameBits(kernels: Kernels) {
        for example in GroupedCase.all {
            let expected = GroupedResult(example, on: Self.scalar)
            for oneByOne in [false, true] {
                let found = GroupedResult(example, on: kernels, oneByOne: oneByOne)
                #expect(firstDifference(found.value, expected.value) == nil, "\(kernels.name), one by one: \(oneByOne), \(example)")
                #expect(firstDifference(found.estimate, expected.estimate) == nil, "\(kernels.name), \(oneByOne), \(example)")
                #expect(found.codes == expected.codes && found.counts == expected.counts && found.bad == expected.bad)
            }
        }
    }

    /// Plain loops over windows, without any kernel: `relu(b + Σ W·x) + r`.
    @Test func floatsFollowTheirEquation() {
        for example in GroupedCase.all where example.arriving == .floats && example.activation == .relu && !example.fires {
            let found = GroupedResult(example, on: .best).value
            let (weights, bias, addend) = (example.weights, example.bias, example.addend)
            let taps = example.taps * example.width
            for group in 0..<example.channels / example.width {
                let rows = example.rows(group, of: example.input)
                for row in 0..<example.steps * example.rows {
                    for output in group * example.width..<(group + 1) * example.width {
                        var sum: Float = 0
                        for tap in 0..<taps { sum.addProduct(rows[row * taps + tap], weights[output * taps + tap]) }
                        if !bias.isEmpty { sum += bias[output] }
                        let at = row * example.channels + output
                        let added = addend.map { $0[at % $0.count] } ?? 0
                        let expected = example.activatesLast ? max(0, sum + added) : max(0, sum) + added
                        #expect(found[at] == expected, "\(example)")
                    }
                }
            }
        }
    }

    @Test func membranesThatAreNotFiniteAreCounted() {
        var example = GroupedCase.all.first { $0.arriving == .floats && $0.fires && $0.channels > 16 }!
        example.addends = 1
        let kernel = example.kernel
        var input = example.input
        input[0] = .infinity
        var (state, outputs) = (LayerState(), LayerOutputs())
        outputs.counts = [Int64](repeating: 0, count: example.steps * 2 * GroupedCase.targetLevels)
        var scratch = [Float](repeating: 0, count: kernel.scratchCount(steps: example.steps))
        let bad = Kernels.best.run(
            kernel, rows: example.images * kernel.windows.rowsPerImage, firstStep: 1, steps: example.steps, codes: [], input: input,
            addend: example.addend,
            state: &state, outputs: &outputs, scratch: &scratch)
        #expect(bad > 0)
    }

    /// A group of a convolution as the layer that it is.
    private func layer(_ example: GroupedCase, _ group: Int) -> (value: [Float], estimate: [Float], codes: [Int8]) {
        let (width, inputs) = (example.width, example.taps * example.width)
        let outputs = group * width..<(group + 1) * width
        let weights = Array(example.weights[outputs.lowerBound * inputs..<outputs.upperBound * inputs])
        // The residual is added here where the layer adds it elsewhere.
        let plain = LayerKernel(
            .floats(PackedMatrix(transposing: weights, outputs: width, inputs: inputs)),
            bias: example.bias.isEmpty ? [] : Array(example.bias[outputs]), source: example.source, activation: nil, target: nil,
            eventDensity: 0)
        let size = example.steps * example.rows * width
        var (state, results) = (LayerState(), LayerOutputs())
        results.value = [Float](repeating: 7, count: size)
        var scratch = [Float](repeating: .nan, count: plain.scratchCount(steps: example.steps))
        _ = Self.scalar.run(
            plain, rows: example.rows, firstStep: 1, steps: example.steps, codes: example.rows(group, of: example.codes),
            input: example.rows(group, of: example.input), addend: nil, state: &state, outputs: &results, scratch: &scratch)
        let addend = example.addend.map { example.part(group, of: $0) }
        var value = results.value
        func add() { for index in value.indices { if let addend { value[index] += addend[index % addend.count] } } }
        if example.activatesLast { add() }
        if let activation = example.activation {
            var activated = value
            Self.scalar.apply(activation, to: value, into: &activated)
            value = activated
        }
        if !example.activatesLast { add() }
        guard let target = example.target else { return (value, [], []) }
        var neurons = NeuronOutputs()
        neurons.codes = [Int8](repeating: 7, count: size)
        neurons.estimate = value
        neurons.counts = [Int64](repeating: 0, count: example.steps * 2 * GroupedCase.targetLevels)
        var membranes = NeuronState()
        _ = Self.scalar.run(
            target, count: example.rows * width, firstStep: 1, steps: example.steps, input: value, state: &membranes,
            outputs: &neurons)
        return (value, neurons.estimate, neurons.codes)
    }
}
