internal import Foundation
internal import VolleySpiking
public import VolleyTensors

/// Kernels beside the products; the work of a call is elements, for neurons times steps, or multiply-accumulates.
extension KernelWorkload {
    private static let tokens = 197
    private static let width = 384
    private static let headWidth = 64
    private static let heads = 6
    private static let steps = 4

    /// Of the size of the result: single precision rounds at each of about ten operations of a value by 2^-24.
    private static let functionTolerance = 2e-6
    /// A probability under the softmax carries the rounding of its score, which is up to 64·2^-24.
    private static let attentionTolerance = 1e-5

    /// One time-step after the other of neurons with 8 levels per sign, to codes and estimates.
    /// - Throws: ``KernelCheckError`` where a result is not what it must be.
    public static func neurons(_ kernels: Kernels) throws -> KernelWorkload {
        let count = tokens * width
        var generator = SeededGenerator(seed: 4)
        let input = generator.uniform(steps * count)
        let neuron = MultiThresholdNeuron(ladder: .init(.up, levels: 8, positive: 0.01, negative: 0.0075)).kernel(.rate)!
        var (state, outputs) = (NeuronState(), NeuronOutputs())
        func prepare() {
            outputs.codes = [Int8](repeating: 0, count: steps * count)
            outputs.estimate = [Float](repeating: 0, count: steps * count)
            outputs.counts = [Int64](repeating: 0, count: steps * 16)
        }
        func run(_ kernels: Kernels) {
            _ = kernels.run(neuron, count: count, firstStep: 1, steps: steps, input: input, state: &state, outputs: &outputs)
        }
        prepare()
        run(.available[0])
        let expected = outputs
        prepare()
        run(kernels)
        try KernelCheckError.check(outputs.estimate, expected.estimate, kernels, "neurons against the scalar kernels")
        guard outputs.codes == expected.codes, outputs.counts == expected.counts else {
            throw KernelCheckError(kernels, "neurons' spikes", expected: expected.counts, found: outputs.counts)
        }
        return KernelWorkload("neuron step", work: Double(steps * count)) { run(kernels) }
    }

    /// - Throws: ``KernelCheckError`` where a result is not what it must be.
    public static func gelu(_ kernels: Kernels) throws -> KernelWorkload {
        try unary(kernels, .gelu, "GELU") { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }
    }

    /// - Throws: ``KernelCheckError`` where a result is not what it must be.
    public static func exponential(_ kernels: Kernels) throws -> KernelWorkload {
        try unary(kernels, .exp, "exp") { exp($0) }
    }

    private static func unary(
        _ kernels: Kernels, _ function: Kernels.Unary, _ name: String, _ exact: (Double) -> Double
    ) throws -> KernelWorkload {
        var generator = SeededGenerator(seed: 5)
        let input = generator.uniform(tokens * width).map { 6 * $0 }
        var output = input
        kernels.apply(function, to: input, into: &output)
        for (index, value) in input.enumerated() {
            let expected = exact(Double(value))
            try KernelCheckError.check(
                output[index], near: expected, tolerance: functionTolerance * max(1, abs(expected)), kernels, "\(name) of \(value)")
        }
        return KernelWorkload(name, work: Double(input.count)) { kernels.apply(function, to: input, into: &output) }
    }

    /// Rows of 197 elements.
    /// - Throws: ``KernelCheckError`` where a result is not what it must be.
    public static func softmax(_ kernels: Kernels) throws -> KernelWorkload {
        var generator = SeededGenerator(seed: 6)
        let input = generator.uniform(tokens * tokens).map { 6 * $0 }
        var output = input
        kernels.softmax(width: tokens, input, into: &output)
        for row in 0..<tokens {
            let powers = input[row * tokens..<(row + 1) * tokens].map { exp(Double($0)) }
            let sum = powers.reduce(0, +)
            for (column, power) in powers.enumerated() {
                try KernelCheckError.check(
                    output[row * tokens + column], near: power / sum, tolerance: functionTolerance, kernels, "softmax, row \(row)")
            }
        }
        return KernelWorkload("softmax, rows of \(tokens)", work: Double(input.count)) {
            kernels.softmax(width: tokens, input, into: &output)
        }
    }

    /// Rows of 384 elements.
    /// - Throws: ``KernelCheckError`` where a result is not what it must be.
    public static func layerNorm(_ kernels: Kernels) throws -> KernelWorkload {
        var generator = SeededGenerator(seed: 7)
        let input = generator.uniform(tokens * width)
        let (gamma, beta) = (generator.uniform(width), generator.uniform(width))
        let epsilon: Float = 1e-6
        var output = input
        kernels.layerNorm(epsilon: epsilon, gamma: gamma, beta: beta, input, into: &output)
        for row in 0..<tokens {
            let values = input[row * width..<(row + 1) * width].map(Double.init)
            let mean = values.reduce(0, +) / Double(width)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            for (column, value) in values.enumerated() {
                let expected = (value - mean) / (variance + Double(epsilon)).squareRoot() * Double(gamma[column]) + Double(beta[column])
                try KernelCheckError.check(
                    output[row * width + column], near: expected, tolerance: functionTolerance * 2, kernels, "layer norm, row \(row)")
            }
        }
        return KernelWorkload("layer norm, rows of \(width)", work: Double(input.count)) {
            kernels.layerNorm(epsilon: epsilon, gamma: gamma, beta: beta, input, into: &output)
        }
    }

    /// Six heads of 197 tokens and 64 channels; in spiking form, four steps with neurons behind the softmax.
    /// - Throws: ``KernelCheckError`` where a result is not what it must be.
    public static func attention(_ kernels: Kernels, spiking: Bool) throws -> KernelWorkload {
        let steps = spiking ? Self.steps : 1
        let size = tokens * headWidth
        var generator = SeededGenerator(seed: 8)
        let inputs = AttentionInputs(
            q: generator.uniform(steps * heads * size), k: generator.uniform(steps * heads * size),
            v: generator.uniform(steps * heads * size))
        let neuron = MultiThresholdNeuron(ladder: .init(.up, levels: 8, positive: 0x1p-10, negative: 0)).kernel(.rate)!
        let attention = AttentionKernel(
            queries: tokens, keys: tokens, width: headWidth, valueWidth: headWidth, scale: 0.125, neuron: spiking ? neuron : nil)
        var scratch = [Float](repeating: 0, count: attention.scratchCount(steps: steps))
        var outputs = AttentionOutputs()
        outputs.context = [Float](repeating: 0, count: steps * heads * size)
        outputs.counts = [Int64](repeating: 0, count: spiking ? steps * 16 : 0)
        func run(_ kernels: Kernels) {
            _ = kernels.run(attention, heads: heads, firstStep: 1, steps: steps, inputs: inputs, outputs: &outputs, scratch: &scratch)
        }
        run(.available[0])
        let expected = outputs.context
        run(kernels)
        let name = spiking ? "attention head, spiking, T = \(steps)" : "attention head, ANN"
        try KernelCheckError.check(outputs.context, expected, kernels, "\(name), against the scalar kernels")
        if !spiking { try checkHead(kernels, inputs, outputs.context, scale: Double(attention.scale)) }
        return KernelWorkload(name, work: Double(steps * heads * 2 * tokens * size)) { run(kernels) }
    }

    /// Holds the first rows of the first head against `softmax(scale · q·k)·v` in double precision.
    private static func checkHead(_ kernels: Kernels, _ inputs: AttentionInputs, _ context: [Float], scale: Double) throws {
        for query in 0..<4 {
            let powers = (0..<tokens).map { key in
                exp(
                    scale
                        * (0..<headWidth).reduce(0) {
                            $0 + Double(inputs.q[query * headWidth + $1]) * Double(inputs.k[$1 * tokens + key])
                        })
            }
            let sum = powers.reduce(0, +)
            for channel in 0..<headWidth {
                let expected = (0..<tokens).reduce(0) { $0 + powers[$1] / sum * Double(inputs.v[$1 * headWidth + channel]) }
                try KernelCheckError.check(
                    context[query * headWidth + channel], near: expected, tolerance: attentionTolerance, kernels,
                    "attention, query \(query)")
            }
        }
    }
}
