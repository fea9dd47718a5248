import Testing
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Rules, which run many neurons at once, against the steps of their families, one neuron after the other: the same bits.
@Suite struct NeuronRuleTests {
    static let models: [any NeuronModel] = {
        var amplified = BurstNeuron(threshold: 0.4, most: 7, initialPotential: 0.25)
        amplified.amplitude = 0.37
        return [
            SignedNeuron(threshold: 0.4, negativeThreshold: 0.4),
            SignedNeuron(threshold: 0.3, negativeThreshold: 0, most: 3, initialPotential: 0.5),
            SignedNeuron(threshold: 0.3, negativeThreshold: 0.001, initialPotential: 0.5),
            SignedNeuron(threshold: 0.3, negativeThreshold: 0.3, remembers: false),
            SignedNeuron(threshold: 0, negativeThreshold: 0.3),
            EncoderNeuron(positive: 0.3117, negative: 0.2393),
            EncoderNeuron(positive: 0.5, negative: 0), EncoderNeuron(positive: -1, negative: 0.25),
            BurstNeuron(threshold: 0.31), amplified, BurstNeuron(threshold: 0.01, most: 127), BurstNeuron(threshold: 0),
            AdaptiveNeuron(threshold: 0.3), AdaptiveNeuron(threshold: 0.7, rate: 0.4, gain: 1.3, speed: 0.3), AdaptiveNeuron(threshold: 0),
        ]
    }()

    /// What a family's step makes of estimates: its currents are `t·φ(t) − (t−1)·φ(t−1)`, each over its neuron's divisor.
    private struct Expected {
        var codes: [Int8] = []
        var estimates: [Float] = []
        var broken = 0

        init(_ layer: NeuronLayer, input: [Float], isStatic: Bool, steps: Int, count: Int, divisors: [Float]) {
            var neurons = layer.population(count)
            let table = layer.alphabet.table
            var (received, sent) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
            for time in 1...steps {
                let t = Float(time)
                let currents = (0..<count).map { index in
                    let current: Float
                    if isStatic {
                        current = input[index]
                    } else {
                        let total = t * input[(time - 1) * count + index]
                        current = total - received[index]
                        received[index] = total
                    }
                    return divisors.isEmpty ? current : current / divisors[index % divisors.count]
                }
                let step = neurons.step(currents, time: time)
                codes += step.codes
                broken += step.broken
                for index in 0..<count {
                    sent[index] += table[Alphabet.place(of: step.codes[index])]
                    estimates.append(sent[index] / t)
                }
            }
        }
    }

    @Test(arguments: models.indices) func sameBits(index: Int) throws {
        let layer = NeuronLayer(Self.models[index])
        let rule = try #require(layer.model.rule)
        var random = SeededGenerator(seed: UInt64(index))
        for (count, samples) in [(1, 1), (15, 1), (16, 1), (33, 3), (50, 2), (4130, 1), (2 * 2085, 2)] {
            let steps = count > 1000 ? 5 : 12
            for isStatic in [false, true] {
                for hasDivisors in [false, true] {
                    let input = random.normalTensor([(isStatic ? 1 : steps) * count]).values
                    let divisors = hasDivisors ? (0..<count / samples).map { _ in 0.5 + random.uniform() } : []
                    let expected = Expected(layer, input: input, isStatic: isStatic, steps: steps, count: count, divisors: divisors)
                    for kernels in Kernels.available {
                        let whole = Self.run(
                            rule, layer.alphabet, kernels, input, isStatic: isStatic, parts: [steps], count: count, divisors: divisors)
                        let parted = Self.run(
                            rule, layer.alphabet, kernels, input, isStatic: isStatic, parts: [1, 2, steps - 3], count: count, divisors: divisors)
                        for found in [whole, parted] {
                            #expect(found.outputs.codes == expected.codes, "\(kernels.name), \(count) neurons")
                            #expect(found.outputs.estimate == expected.estimates, "\(kernels.name), \(count) neurons")
                            #expect(found.broken == 0)
                            let counts = (0..<steps).flatMap { layer.alphabet.counts(of: Array(expected.codes[$0 * count..<($0 + 1) * count])) }
                            #expect(found.outputs.counts == counts)
                        }
                    }
                    if !layer.isSilent, count > 1000 { #expect(expected.codes.contains { $0 != 0 }, "the neurons fire") }
                }
            }
        }
    }

    /// Membrane potentials that are no finite numbers are found, by every set of kernels, and counted once a step.
    @Test(arguments: models.indices) func broken(index: Int) throws {
        let layer = NeuronLayer(Self.models[index])
        let rule = try #require(layer.model.rule)
        let special: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude]
        let input = (0..<3).flatMap { step in (0..<40).map { special[($0 * (step + 1)) % special.count] } }
        let expected = Expected(layer, input: input, isStatic: false, steps: 3, count: 40, divisors: [])
        for kernels in Kernels.available {
            let found = Self.run(rule, layer.alphabet, kernels, input, isStatic: false, parts: [3], count: 40, divisors: [])
            #expect(found.outputs.codes == expected.codes && found.broken == expected.broken, "\(kernels.name)")
        }
        #expect(expected.broken > 0)
    }

    private static func run(
        _ rule: NeuronRule, _ alphabet: Alphabet, _ kernels: Kernels, _ input: [Float], isStatic: Bool, parts: [Int], count: Int,
        divisors: [Float]
    ) -> (outputs: NeuronOutputs, broken: Int) {
        var state = RuleState(neurons: parts.count > 1 ? count : 0)
        var (all, broken, done) = (NeuronOutputs(), 0, 0)
        for steps in parts {
            var outputs = NeuronOutputs()
            // Codes that nobody wants are counted all the same.
            if steps != 2 { outputs.codes = [Int8](repeating: 99, count: steps * count) }
            outputs.estimate = [Float](repeating: .nan, count: steps * count)
            outputs.counts = [Int64](repeating: 0, count: steps * alphabet.codes.count)
            let part = isStatic ? input : Array(input[done * count..<(done + steps) * count])
            var again = state
            broken += kernels.run(
                rule, alphabet, count: count, firstStep: done + 1, steps: steps, input: part, isStatic: isStatic, divisors: divisors,
                state: &state, outputs: &outputs)
            if steps == 2 {
                var counted = outputs
                counted.codes = [Int8](repeating: 99, count: steps * count)
                counted.counts = [Int64](repeating: 0, count: outputs.counts.count)
                _ = kernels.run(
                    rule, alphabet, count: count, firstStep: done + 1, steps: steps, input: part, isStatic: isStatic, divisors: divisors,
                    state: &again, outputs: &counted)
                #expect(counted.counts == outputs.counts)
                outputs.codes = counted.codes
            }
            all.codes += outputs.codes
            all.estimate += outputs.estimate
            all.counts += outputs.counts
            done += steps
        }
        return (all, broken)
    }
}
