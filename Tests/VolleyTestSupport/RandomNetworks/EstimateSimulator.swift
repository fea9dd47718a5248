internal import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// A third simulator, in estimate form (semantics 5): at every step all operators run on what the neurons have sent so far. It can
/// shake every value by about a rounding error, which shows what of a result float arithmetic determines at all: where a membrane
/// potential lies within rounding of a cut-off, or a comparison's sides are equal, simulators that round differently may differ.
public struct EstimateSimulator {
    /// Of a value's largest element; a few dozen roundings of 32-bit floats.
    public static let noise: Float = 3e-6

    public let network: SpikingNetwork
    private let executable: Executable
    private let timeVarying: [Bool]

    public init(_ network: SpikingNetwork) {
        self.network = network
        executable = Executable(network.graph, kernels: Kernels.available[0])
        timeVarying = network.graph.isTimeVarying
    }

    public struct Result: Sendable {
        /// By output and step.
        public var outputs: [String: [Tensor]] = [:]
        /// By site, `[T][codes]`.
        public var spikes: [String: [[Int64]]] = [:]
    }

    /// How many of the nodes a run shakes. Where all are, ties that are exact are broken one by one, and what they lead to when all
    /// stand is never seen together with other roundings further on.
    private static let shares: [Float] = [1, 0.5, 0.1]

    /// - Parameter seed: of the noise; nil for none.
    public func run(_ inputs: [String: Tensor], timeSteps: Int, noise seed: UInt64?) throws -> Result {
        var random = seed.map { SeededGenerator(seed: $0) }
        let graph = network.graph
        let bound = try executable.bind(inputs)
        var result = Result()
        var values = graph.nodes.enumerated().map { id, node in
            bound[id] ?? node.constant ?? Tensor(node.shape.resolved(batch: bound.batch))
        }
        var neurons: [NodeID: Neurons] = [:]
        let share = seed.map { Self.shares[Int($0 % UInt64(Self.shares.count))] } ?? 0
        let isShaken = graph.nodes.map { _ in random.map { _ in random!.uniform() < share } ?? false }
        // Before the first step, on silent neurons; then at every step what changes over time.
        for step in 0...timeSteps {
            for (id, node) in graph.nodes.enumerated() where node.operation != nil && (step == 0 || timeVarying[id]) {
                if let layer = network.layer(at: id) {
                    if step == 0 {
                        neurons[id] = Neurons(layer, network.coding, values[node.inputs[0]])
                    } else {
                        let levels = neurons[id]!.fire(on: values[node.inputs[0]], step)
                        result.spikes[node.name, default: []].append(levels)
                        values[id] = neurons[id]!.estimate
                        // Neurons may read neurons: their ties are found this way alone.
                        if isShaken[id] { Self.shake(&values[id], &random!) }
                    }
                } else {
                    executable.evaluate(id, node.inputs.map { values[$0] }, into: &values[id])
                    if isShaken[id] { Self.shake(&values[id], &random!) }
                }
            }
            guard step > 0 else { continue }
            for output in graph.outputs { result.outputs[output.name, default: []].append(values[output.value]) }
        }
        return result
    }

    private static func shake(_ value: inout Tensor, _ random: inout SeededGenerator) {
        let size = noise * value.values.reduce(0) { max($0, abs($1)) }
        for index in value.values.indices {
            // What cancels but for a rounding may cancel wholly, which comparisons with zero see.
            let vanishes = abs(value.values[index]) <= size && random.uniform() < 0.5
            value.values[index] = vanishes ? 0 : value.values[index] + size * (2 * random.uniform() - 1)
        }
    }
}

/// The neurons of one site: `m(t) = v(t−1) + I(t)`, with the current that makes the estimate what it is.
private struct Neurons {
    let layer: NeuronLayer
    let coding: Coding
    var neurons: any NeuronPopulation
    var received: Tensor
    var sum: Tensor
    var estimate: Tensor

    init(_ layer: NeuronLayer, _ coding: Coding, _ input: Tensor) {
        self.layer = layer
        self.coding = coding
        neurons = layer.population(input.count)
        received = input
        sum = Tensor(input.shape)
        estimate = sum
    }

    /// - Returns: how often each code was sent.
    mutating func fire(on input: Tensor, _ step: Int) -> [Int64] {
        let t = Float(step)
        let currents = input.values.indices.map { index in
            let (now, before) = (input.values[index], received.values[index])
            return switch coding {
            case .rate: step == 1 ? now : t * now - (t - 1) * before
            case .differential: t * (now - before) + before - estimate.values[index]
            }
        }
        let codes = neurons.step(currents, time: step).codes
        for (index, code) in codes.enumerated() where code != 0 {
            let value = layer.alphabet.values[layer.alphabet.codes.firstIndex(of: code)!]
            sum.values[index] += value
            if coding == .differential { estimate.values[index] += value / t }
        }
        if coding == .rate {
            for index in codes.indices { estimate.values[index] = sum.values[index] / t }
        }
        received = input
        return layer.alphabet.codes.map { code in Int64(codes.count { $0 == code }) }
    }
}
