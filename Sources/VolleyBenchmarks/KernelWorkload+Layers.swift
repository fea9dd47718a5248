public import VolleySimulation
internal import VolleySpiking
public import VolleyTensors

/// A linear layer behind neurons of 8 levels, for one density of their spikes.
public struct LayerWorkload {
    public static let steps = 4
    public static let rows = 197

    /// The same layer, both ways; the work of each is synaptic operations: spikes times outputs.
    public let eventDriven: KernelWorkload
    public let dense: KernelWorkload

    /// Makes seeded data and holds both ways against each other, bit for bit.
    /// - Parameters:
    ///   - density: the share of neurons that send a spike at a step; three of four are of the smallest threshold, and each
    ///     level is a quarter as frequent as the one below.
    ///   - isSymmetric: whether both signs have the same thresholds. Floats do not care; integers need a sum for each sign
    ///     otherwise.
    /// - Throws: ``KernelCheckError`` where a result is not what it must be.
    public init(
        _ kernels: Kernels, inputs: Int, outputs: Int, weights format: WeightFormat, isSymmetric: Bool, density: Double
    ) throws {
        let layer = LayerData(inputs: inputs, outputs: outputs, weights: format)
        try self.init(kernels, layer, isSymmetric: isSymmetric, density: density)
    }

    init(_ kernels: Kernels, _ layer: LayerData, isSymmetric: Bool, density: Double) throws {
        let (steps, rows) = (Self.steps, Self.rows)
        var generator = SeededGenerator(seed: 3)
        let codes = (0..<steps * rows * layer.inputs).map { _ in Self.code(&generator, density) }
        let spikes = codes.count { $0 != 0 }
        let ladder = ThresholdLadder(.up, levels: 8, positive: 0.01, negative: isSymmetric ? 0.01 : 0.0075)
        let source = NeuronLayer(MultiThresholdNeuron(ladder: ladder)).source(.rate)
        let name = "layer \(layer.inputs)×\(layer.outputs), \(layer.format.rawValue), density \(density)"

        var results: [[Float]] = []
        func workload(_ way: String, eventDensity: Float, events: Int) throws -> KernelWorkload {
            let kernel = LayerKernel(
                layer.weights, bias: layer.bias, source: source, activation: nil, target: nil, eventDensity: eventDensity)
            var state = LayerState()
            var result = LayerOutputs()
            result.value = [Float](repeating: 0, count: steps * rows * layer.outputs)
            var scratch = [Float](repeating: 0, count: kernel.scratchCount(steps: steps))
            func run() {
                _ = kernels.run(
                    kernel, rows: rows, firstStep: 1, steps: steps, codes: codes, input: [], addend: nil, state: &state,
                    outputs: &result, scratch: &scratch)
            }
            run()
            guard result.eventInputs == [Int64(events)] else {
                throw KernelCheckError(kernels, "\(name), \(way): spikes handled", expected: events, found: result.eventInputs[0])
            }
            results.append(result.value)
            return KernelWorkload("\(name), \(way)", work: Double(spikes * layer.outputs), body: run)
        }
        eventDriven = try workload("event-driven", eventDensity: 2, events: spikes)
        dense = try workload("dense", eventDensity: 0, events: 0)
        try KernelCheckError.check(results[0], results[1], kernels, "\(name), event-driven against dense")
    }

    private static func code(_ generator: inout SeededGenerator, _ density: Double) -> Int8 {
        guard Double(generator.uniform()) < density else { return 0 }
        let bits = generator.next()
        let level = Int8(min(8, 1 + (bits >> 1).trailingZeroBitCount / 2))
        return bits & 1 == 0 ? level : -level
    }
}

/// Weights that several densities share.
struct LayerData {
    let inputs: Int
    let outputs: Int
    let format: WeightFormat
    let weights: LayerKernel.Weights
    let bias: [Float]

    init(inputs: Int, outputs: Int, weights format: WeightFormat) {
        (self.inputs, self.outputs, self.format) = (inputs, outputs, format)
        var generator = SeededGenerator(seed: 2)
        let weight = generator.uniform(outputs * inputs)
        bias = generator.uniform(outputs)
        if let bits = format.bits {
            weights = .integers(IntegerWeights(weight, outputs: outputs, inputs: inputs, bits: bits))
        } else {
            weights = .floats(PackedMatrix(transposing: weight, outputs: outputs, inputs: inputs))
        }
    }
}
