import Foundation
import VolleyTensors

/// A layer with random weights, and spikes that arrive at it.
struct LayerCase: Sendable {
    enum Format: Sendable, CaseIterable { case fp32, int16, int8 }

    /// The thresholds of both signs.
    enum Signs: Sendable, CaseIterable { case same, different, positiveOnly, negativeOnly }

    /// Rows, inputs and outputs: one, fewer than a vector, a little more than one or than a tile of 64 outputs, several
    /// blocks of rows, and as in a transformer.
    static let sizes = [(1, 1, 1), (5, 7, 3), (13, 33, 17), (50, 70, 65), (20, 384, 200)]

    var rows: Int
    var inputs: Int
    var outputs: Int
    var format: Format
    var signs: Signs
    var isDifferential: Bool
    var levels: Int
    var steps: Int
    var stepsPerOctave = 1
    /// Whether finer ladders send multiples of a unit, of which a byte holds the smaller ones.
    var isMultiple = false

    static func all(_ format: Format) -> [LayerCase] {
        var cases: [LayerCase] = []
        for (rows, inputs, outputs) in sizes {
            for (signs, isDifferential) in Signs.allCases.flatMap({ [($0, true), ($0, false)] }) {
                for levels in [2, 5, 8] {
                    for steps in [1, 5] {
                        cases.append(
                            LayerCase(
                                rows: rows, inputs: inputs, outputs: outputs, format: format, signs: signs,
                                isDifferential: isDifferential, levels: levels, steps: steps))
                    }
                }
                for (levels, stepsPerOctave, isMultiple) in [(11, 2, false), (30, 4, false), (64, 8, false), (40, 4, true), (70, 8, true)] {
                    cases.append(
                        LayerCase(
                            rows: rows, inputs: inputs, outputs: outputs, format: format, signs: signs,
                            isDifferential: isDifferential, levels: levels, steps: 2, stepsPerOctave: stepsPerOctave, isMultiple: isMultiple))
                }
            }
        }
        return cases
    }

    var weight: [Float] { Awkward.finiteValues(outputs * inputs, seed: 40, deviation: 1 / Float(inputs).squareRoot()) }
    var bias: [Float] { Awkward.finiteValues(outputs, seed: 41, deviation: 0.3) }
    /// `[rows, outputs]`, or one for each step where the number of levels is odd.
    var addend: [Float] { Awkward.finiteValues((levels % 2 == 0 ? 1 : steps) * rows * outputs, seed: 42) }

    func addend(at step: Int) -> [Float] {
        let size = rows * outputs
        return addend.count == size ? addend : Array(addend[step * size..<(step + 1) * size])
    }

    /// About 220 units are the largest value.
    private static let unit: Float = 0x1p-7

    /// What spikes of each level are worth.
    private var ladder: [Float] {
        let ladder = thresholds(levels, 2, stepsPerOctave: stepsPerOctave)
        return isMultiple ? ladder.map { max(1, ($0 / Self.unit).rounded()) * Self.unit } : ladder
    }

    var source: SpikeSource {
        return SpikeSource(
            Alphabet(
                positive: ladder.map { signs == .negativeOnly ? 0 : $0 },
                negative: ladder.map { signs == .positiveOnly ? 0 : signs == .different ? other($0) : $0 }),
            isDifferential: isDifferential)
    }
    private func other(_ size: Float) -> Float { isMultiple ? 3 * size : 0.71 * size }

    /// Fires on both sides, so that every case has spikes.
    var target: NeuronKernel { neuron(levels: Self.targetLevels, top: 2, signs == .different ? .different : .same) }
    static let targetLevels = 6

    private func neuron(levels: Int, top: Float, _ signs: Signs) -> NeuronKernel {
        let ladder = thresholds(levels, top, stepsPerOctave: 1)
        let positive = ladder.map { signs == .negativeOnly ? 0 : $0 }
        let negative = ladder.map { signs == .positiveOnly ? 0 : signs == .different ? 0.71 * $0 : $0 }
        func cutoffs(_ thresholds: [Float]) -> [Float] { thresholds.map { $0 > 0 ? 0.75 * $0 : .infinity } }
        return NeuronKernel(
            thresholds: (positive, negative), cutoffs: (cutoffs(positive), cutoffs(negative)), initialPotential: 0, differential: isDifferential,
            resetsToZero: false)
    }

    /// The top one is not a power of two.
    private func thresholds(_ levels: Int, _ top: Float, stepsPerOctave: Int) -> [Float] {
        (0..<levels).map { level in
            let below = levels - 1 - level
            let octave = Float(sign: .plus, exponent: -(below / stepsPerOctave), significand: 1)
            return 0.9 * top * octave * Float(pow(2, -Double(below % stepsPerOctave) / Double(stepsPerOctave)))
        }
    }

    /// What a code stands for, where weights are integers as a whole number.
    func spike(_ code: Int8) -> Double {
        guard code != 0 else { return 0 }
        let size = ladder[Int(abs(code)) - 1]
        let value = code > 0 ? Double(size) : -Double(signs == .different ? other(size) : size)
        guard format != .fp32, stepsPerOctave > 1, !isMultiple else { return value }
        let unit = 0.9 * 2 / Double(32_640)
        return (value / unit).rounded() * unit
    }

    /// `[steps, rows, inputs]`: few spikes, many, few …; the first step sends the top level of all signs that fire.
    var codes: [Int8] {
        var random = SeededGenerator(seed: UInt64(levels * 100 + steps))
        let density: [Float] = [0.15, 0.8, 0.3, 0.36, 0.02]
        var codes = (0..<steps * rows * inputs).map { index in
            guard random.uniform() < density[index / (rows * inputs)] else { return Int8(0) }
            let level = Int8(1 + random.next(upperBound: UInt64(levels)))
            return random.uniform() < 0.5 ? level : -level
        }
        codes[0] = Int8(levels)
        codes[codes.count - 1] = codes.count > 1 ? Int8(-levels) : Int8(levels)
        switch signs {
        case .same, .different: return codes
        case .positiveOnly: return codes.map { abs($0) }
        case .negativeOnly: return codes.map { -abs($0) }
        }
    }

    func kernel(eventDensity: Float) -> LayerKernel {
        let weights: LayerKernel.Weights =
            switch format {
            case .fp32: .floats(PackedMatrix(transposing: weight, outputs: outputs, inputs: inputs))
            case .int16: .integers(IntegerWeights(weight, outputs: outputs, inputs: inputs, bits: 16))
            case .int8: .integers(IntegerWeights(weight, outputs: outputs, inputs: inputs, bits: 8))
            }
        return LayerKernel(
            weights, bias: bias, source: source, activation: .gelu, target: .ladder(target), eventDensity: eventDensity)
    }

    /// The weights that the layer computes with: `round(W / scale) · scale`.
    var roundedWeight: [Double] {
        let weight = weight
        guard format != .fp32 else { return weight.map(Double.init) }
        let largest: Float = format == .int8 ? 127 : 32639
        return (0..<outputs).flatMap { output in
            let row = weight[output * inputs..<(output + 1) * inputs]
            let top = row.map(abs).max()!
            return row.map { Double(($0 / top * largest).rounded(.toNearestOrEven)) * Double(top) / Double(largest) }
        }
    }
}

/// What a layer gives, all of it.
struct LayerResult: Equatable {
    var outputs = LayerOutputs()
    var bad = 0

    /// All steps in one call, or one call for each.
    init(_ example: LayerCase, on kernels: Kernels, eventDensity: Float, oneByOne: Bool = false) {
        let kernel = example.kernel(eventDensity: eventDensity)
        let (size, inputSize) = (example.rows * example.outputs, example.rows * example.inputs)
        let codes = example.codes
        let atOnce = oneByOne ? 1 : example.steps
        outputs.eventInputs = [0]
        var state = LayerState()
        if oneByOne {
            state.sums = [Float](repeating: 0, count: size)
            state.sent = state.sums
        }
        var scratch = [Float](repeating: .nan, count: kernel.scratchCount(steps: atOnce))
        for step in stride(from: 0, to: example.steps, by: atOnce) {
            var part = LayerOutputs()
            part.value = [Float](repeating: 7, count: atOnce * size)
            part.estimate = part.value
            part.codes = [Int8](repeating: 7, count: atOnce * size)
            part.counts = [Int64](repeating: 0, count: atOnce * 2 * LayerCase.targetLevels)
            bad += kernels.run(
                kernel, rows: example.rows, firstStep: step + 1, steps: atOnce,
                codes: Array(codes[step * inputSize..<(step + atOnce) * inputSize]), input: [],
                addend: oneByOne ? example.addend(at: step) : example.addend, state: &state, outputs: &part,
                scratch: &scratch)
            outputs.value += part.value
            outputs.estimate += part.estimate
            outputs.codes += part.codes
            outputs.counts += part.counts
            outputs.eventInputs[0] += part.eventInputs[0]
        }
    }

    /// Everything but how it was computed.
    static func == (a: LayerResult, b: LayerResult) -> Bool {
        firstDifference(a.outputs.value, b.outputs.value) == nil && firstDifference(a.outputs.estimate, b.outputs.estimate) == nil
            && a.outputs.codes == b.outputs.codes && a.outputs.counts == b.outputs.counts && a.bad == b.bad
    }
}
