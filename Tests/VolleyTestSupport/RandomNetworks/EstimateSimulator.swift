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
        /// By site, `[T][2n]`.
        public var spikes: [String: [[Int64]]] = [:]
    }

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
                    }
                } else {
                    executable.evaluate(id, node.inputs.map { values[$0] }, into: &values[id])
                    if random != nil { Self.shake(&values[id], &random!) }
                }
            }
            guard step > 0 else { continue }
            for output in graph.outputs { result.outputs[output.name, default: []].append(values[output.value]) }
        }
        return result
    }

    private static func shake(_ value: inout Tensor, _ random: inout SeededGenerator) {
        let size = noise * value.values.reduce(0) { max($0, abs($1)) }
        for index in value.values.indices { value.values[index] += size * (2 * random.uniform() - 1) }
    }
}

/// The neurons of one site: `m(t) = v(t−1) + I(t)`, with the current that makes the estimate what it is.
private struct Neurons {
    let layer: NeuronLayer
    let coding: Coding
    var potential: [Float]
    var received: Tensor
    var sum: Tensor
    var estimate: Tensor

    init(_ layer: NeuronLayer, _ coding: Coding, _ input: Tensor) {
        self.layer = layer
        self.coding = coding
        potential = Array(repeating: layer.restingPotential, count: input.count)
        received = input
        sum = Tensor(input.shape)
        estimate = sum
    }

    /// - Returns: how many spikes of each level.
    mutating func fire(on input: Tensor, _ step: Int) -> [Int64] {
        let t = Float(step)
        var counts = [Int64](repeating: 0, count: 2 * layer.ladder.levels)
        for index in potential.indices {
            let (now, before) = (input.values[index], received.values[index])
            switch coding {
            case .rate: potential[index] += step == 1 ? now : t * now - (t - 1) * before
            case .differential: potential[index] += t * (now - before) + before - estimate.values[index]
            }
            let spike = layer.fire(potential[index])
            if let spike {
                counts[spike.level + (spike.sign == .positive ? 0 : layer.ladder.levels)] += 1
                potential[index] = layer.reset == .zero ? 0 : potential[index] - spike.value
            }
            sum.values[index] += spike?.value ?? 0
            switch coding {
            case .rate: estimate.values[index] = sum.values[index] / t
            case .differential: estimate.values[index] += (spike?.value ?? 0) / t
            }
        }
        received = input
        return counts
    }
}
