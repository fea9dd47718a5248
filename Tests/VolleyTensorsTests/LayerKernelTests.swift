import Foundation
import Testing
import VolleyTensors

/// A linear layer in one pass gives the same bits however it is computed, and what its equation says.
@Suite struct LayerKernelTests {
    /// Half a unit in the last place of 1: the size of one rounding.
    private static let rounding = 0x1p-24
    /// Roundings besides those of the sum over inputs: thresholds, up to 5 steps' sums and quotients, scale, bias, addend, and
    /// about 12 of GELU.
    private static let fewRoundings = 32.0

    /// Dense, event-driven, and by what arrives.
    private static let densities: [Float] = [0, 2, 0.33]

    private static let scalar = Kernels.available[0]

    @Test(arguments: LayerCase.Format.allCases, Kernels.available)
    func everyWayOfComputingGivesTheSameBits(format: LayerCase.Format, kernels: Kernels) {
        var mixed = false
        for example in LayerCase.all(format) {
            let expected = LayerResult(example, on: Self.scalar, eventDensity: 0)
            let spikes = example.codes.count { $0 != 0 }
            for density in Self.densities {
                for oneByOne in [false, true] {
                    let found = LayerResult(example, on: kernels, eventDensity: density, oneByOne: oneByOne)
                    #expect(found == expected, "\(kernels.name), density \(density), one by one: \(oneByOne), \(example)")
                    let events = Int(found.outputs.eventInputs[0])
                    if density == 0 { #expect(events == 0) }
                    // Sums of two-byte numbers with 16-bit weights may not fit 32 bits; then the step is dense.
                    if density == 2, format != .int16 || example.stepsPerOctave == 1 { #expect(events == spikes) }
                    mixed = mixed || (density == 0.33 && events > 0 && events < spikes)
                }
            }
        }
        #expect(mixed, "both ways in one call")
    }

    @Test(arguments: LayerCase.Format.allCases) func theNeuronsSeeTheValue(format: LayerCase.Format) {
        for example in LayerCase.all(format) {
            let found = LayerResult(example, on: .best, eventDensity: 0.33)
            let size = example.rows * example.outputs
            var neurons = NeuronOutputs()
            neurons.codes = [Int8](repeating: 7, count: example.steps * size)
            neurons.estimate = [Float](repeating: 7, count: example.steps * size)
            neurons.counts = [Int64](repeating: 0, count: example.steps * 12)
            var state = NeuronState()
            let bad = Self.scalar.run(
                example.target, count: size, firstStep: 1, steps: example.steps, input: found.outputs.value, state: &state,
                outputs: &neurons)
            #expect(found.outputs.codes == neurons.codes, "\(example)")
            #expect(found.outputs.counts == neurons.counts, "\(example)")
            let difference = firstDifference(found.outputs.estimate, neurons.estimate)
            #expect(difference == nil, "\(example)")
            #expect(bad == 0 && found.bad == 0 && neurons.counts.reduce(0, +) > 0)
        }
    }

    /// `y(t) = gelu(φ(t) + b) + r`, φ(t) = S(t)/t (rate) or Σ p(s)/s (differential), in double precision.
    @Test(arguments: LayerCase.Format.allCases) func theValueFollowsItsEquation(format: LayerCase.Format) {
        for example in LayerCase.all(format) {
            let found = LayerResult(example, on: .best, eventDensity: 0.33).outputs.value
            let (weight, bias, addend) = (example.roundedWeight, example.bias, example.addend)
            let spikes = example.codes.map(example.spike)
            // Sums of integers are exact.
            let roundings = Self.fewRoundings + (format == .fp32 ? Double(example.inputs) : 0)
            var worst = 0.0
            for row in 0..<example.rows {
                for output in 0..<example.outputs {
                    var (sum, size) = (0.0, 0.0)
                    for step in 0..<example.steps {
                        let start = (step * example.rows + row) * example.inputs
                        var (product, productSize) = (0.0, 0.0)
                        for input in 0..<example.inputs {
                            let term = weight[output * example.inputs + input] * spikes[start + input]
                            product += term
                            productSize += abs(term)
                        }
                        let t = Double(step + 1)
                        sum += example.isDifferential ? product / t : product
                        size += example.isDifferential ? productSize / t : productSize
                        let x = (example.isDifferential ? sum : sum / t) + Double(bias[output])
                        let at = (addend.count > example.rows * example.outputs ? step * example.rows : 0) * example.outputs
                        let added = Double(addend[at + row * example.outputs + output])
                        let exact = 0.5 * x * (1 + erf(x / 2.0.squareRoot())) + added
                        let total = (example.isDifferential ? size : size / t) + abs(Double(bias[output])) + abs(added)
                        let difference = abs(Double(found[(step * example.rows + row) * example.outputs + output]) - exact)
                        worst = max(worst, difference / (roundings * Self.rounding * total))
                    }
                }
            }
            #expect(worst <= 1, "\(worst) of the tolerance: \(example)")
        }
    }

    @Test(arguments: Kernels.available) func withoutNeuronsInFrontFloatsAreMultiplied(kernels: Kernels) {
        for (rows, inputs, outputs) in LayerCase.sizes {
            let matrix = PackedMatrix(
                transposing: Awkward.finiteValues(outputs * inputs, seed: 50), outputs: outputs, inputs: inputs)
            let bias = Awkward.finiteValues(outputs, seed: 51)
            let input = Awkward.finiteValues(3 * rows * inputs, seed: 52)
            let kernel = LayerKernel(
                .floats(matrix), bias: bias, source: nil, activation: .silu, target: nil, eventDensity: 2)
            var (state, outputsOfLayer) = (LayerState(), LayerOutputs())
            outputsOfLayer.value = [Float](repeating: 7, count: 3 * rows * outputs)
            var scratch = [Float](repeating: .nan, count: kernel.scratchCount(steps: 3))
            _ = kernels.run(
                kernel, rows: rows, firstStep: 1, steps: 3, codes: [], input: input, addend: nil, state: &state,
                outputs: &outputsOfLayer, scratch: &scratch)
            var product = [Float](repeating: 7, count: 3 * rows * outputs)
            var expected = product
            kernels.multiply(input, rows: 3 * rows, by: matrix, bias: bias, into: &product)
            kernels.apply(.silu, to: product, into: &expected)
            let difference = firstDifference(outputsOfLayer.value, expected)
            #expect(difference == nil, "\(kernels.name): \(rows) × \(inputs) × \(outputs)")
        }
    }
}
