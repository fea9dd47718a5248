import Testing
import VolleyTensors

/// Weights in fixed point.
@Suite struct IntegerWeightsTests {
    /// Weights of a normal distribution reach about 3 deviations, so that half a unit of 32639 is near 3 / 65278 / √3 of
    /// their size.
    private static let int16Error = 1e-4
    /// The same for 127: near 3 / 254 / √3.
    private static let int8Error = 2e-2

    private static let spikes = SpikeSource(
        Alphabet(positive: (0..<8).map { 0.5 * Float(1 << $0) }, negative: (0..<8).map { 0.5 * Float(1 << $0) }), isDifferential: false)

    /// One row of spikes times the weights.
    private func product(_ weights: IntegerWeights, _ codes: [Int8], on kernels: Kernels, eventDensity: Float) -> [Float] {
        let layer = LayerKernel(
            .integers(weights), bias: [], source: Self.spikes, activation: nil, target: nil, eventDensity: eventDensity)
        var (state, outputs) = (LayerState(), LayerOutputs())
        outputs.value = [Float](repeating: 7, count: weights.outputs)
        var scratch = [Float](repeating: .nan, count: layer.scratchCount(steps: 1))
        _ = kernels.run(
            layer, rows: 1, firstStep: 1, steps: 1, codes: codes, input: [], addend: nil, state: &state, outputs: &outputs,
            scratch: &scratch)
        return outputs.value
    }

    @Test func theErrorIsThatOfRounding() {
        for (inputs, outputs) in [(7, 3), (33, 17), (384, 200)] {
            let weight = Awkward.finiteValues(inputs * outputs, seed: 70)
            let int16 = IntegerWeights(weight, outputs: outputs, inputs: inputs, bits: 16).relativeError
            let int8 = IntegerWeights(weight, outputs: outputs, inputs: inputs, bits: 8).relativeError
            #expect(int16 > 0 && int16 < Self.int16Error)
            #expect(int8 > 100 * int16 && int8 < Self.int8Error)
        }
    }

    @Test func wholeNumbersAreExact() {
        // 127 · 257 = 32639: whole multiples of the scales of both formats, which are powers of two here.
        for (bits, largest) in [(8, 127), (16, 32639)] {
            let weight = (0..<40).map { Float($0 == 0 ? largest : ($0 * 2857) % (2 * largest) - largest) / 64 }
            #expect(IntegerWeights(weight, outputs: 1, inputs: 40, bits: bits).relativeError == 0)
        }
    }

    @Test(arguments: Kernels.available, [8, 16]) func channelsOfZerosGiveZeros(kernels: Kernels, bits: Int) {
        var weight = Awkward.finiteValues(70 * 33, seed: 71)
        for index in 33..<66 { weight[index] = 0 }
        let integers = IntegerWeights(weight, outputs: 70, inputs: 33, bits: bits)
        #expect(integers.relativeError.isFinite)
        let codes = (0..<33).map { Int8($0 % 17 - 8) }
        for eventDensity: Float in [0, 2] {
            let product = product(integers, codes, on: kernels, eventDensity: eventDensity)
            #expect(product[1] == 0)
            #expect(product.enumerated().allSatisfy { $0.offset == 1 || $0.element != 0 })
        }
    }

    @Test func noWeightsHaveNoError() {
        #expect(IntegerWeights([], outputs: 0, inputs: 5, bits: 16).relativeError == 0)
        #expect(IntegerWeights([0, 0], outputs: 1, inputs: 2, bits: 8).relativeError == 0)
    }

    /// 128 units in every input: one more than a signed byte holds, and sums that need almost all of 32 bits or more.
    @Test(arguments: Kernels.available, [8, 16]) func theLargestSumsFit(kernels: Kernels, bits: Int) {
        let largest = bits == 8 ? 127 : 32639
        for inputs in [500, 508, 50_000, 65_535] {
            let integers = IntegerWeights([Float](repeating: 2, count: inputs), outputs: 1, inputs: inputs, bits: bits)
            for code: Int8 in [8, -8] {
                let expected = Float(inputs * largest * 128) * (2 / Float(largest) * 0.5) * (code > 0 ? 1 : -1)
                for eventDensity: Float in [0, 2] {
                    let found = product(
                        integers, [Int8](repeating: code, count: inputs), on: kernels, eventDensity: eventDensity)
                    #expect(found == [expected], "\(kernels.name), \(inputs) inputs, code \(code), density \(eventDensity)")
                }
            }
        }
    }
}
