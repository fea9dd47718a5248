internal import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// What neurons send, worked out by hand from `m(t) = v(t−1) + I(t)`, `v(t) = m(t) − x(t)` (rate coding) and
/// `m(t) = t·(φ_in(t) − φ_out(t−1))`, `φ_out(t) = φ_out(t−1) + s(t)/t` (differential coding). All numbers are exact in binary.
public struct NeuronTrace: Sendable, CustomStringConvertible {
    public var description: String
    public var coding = Coding.rate
    public var layer: NeuronLayer
    /// The value that the neurons see.
    public var input: Float
    /// What they send at each step.
    public var sent: [Float]
    /// A linear layer `weight·x + bias` on what they send and the neurons behind it, and what those send.
    public var behind: (layer: NeuronLayer, weight: Float, bias: Float, sent: [Float])?

    /// A layer of `n` levels with these bases or tops.
    private static func layer(
        _ direction: ThresholdLadder.Direction = .up, levels: Int = 3, _ positive: Float = 1, _ negative: Float = 1,
        _ rounding: MultiThresholdNeuron.Rounding = .halfBase, reset: Reset = .subtraction, initial: Float = 0
    ) -> NeuronLayer {
        NeuronLayer(
            ladder: ThresholdLadder(direction, levels: levels, positive: positive, negative: negative),
            rounding: rounding, reset: reset, initialPotential: initial)
    }

    public static let all: [NeuronTrace] = [
        // m = 0.375, 0.75 → 1, 0.125, 0.5 → 1, −0.125, 0.25, 0.625 → 1
        NeuronTrace(description: "below the base", layer: layer(), input: 0.375, sent: [0, 1, 0, 1, 0, 0, 1]),
        // Thresholds 1, 2, 4 fire from 0.5, 1.5, 3.5 on: m = 2.75 → 2, 3.5 → 4, 2.25 → 2, 3 → 2, 3.75 → 4
        NeuronTrace(description: "higher levels", layer: layer(), input: 2.75, sent: [2, 4, 2, 2, 4]),
        // m = 5, 6, 7, 8: what the largest threshold cannot carry stays.
        NeuronTrace(description: "beyond the largest threshold", layer: layer(), input: 5, sent: [4, 4, 4, 4]),
        // Negative thresholds 0.5, 1, 2 fire from −0.25, −0.75, −1.75 on: m = −0.625, −0.75 → −1, −0.375, −0.5, −0.625
        NeuronTrace(description: "a negative base of its own", layer: layer(.up, 1, 0.5), input: -0.625, sent: [-0.5, -1, -0.5, -0.5, -0.5]),
        // Thresholds 1, 2, 4 fire from 0.75, 1.5, 3 on: m = 1.25 → 1, 1.5 → 2, 0.75 → 1, 1 → 1, 1.25 → 1
        NeuronTrace(description: "descending, nearest", layer: layer(.down, 4, 2, .nearest), input: 1.25, sent: [1, 2, 1, 1, 1]),
        // Negative thresholds 0.5, 1, 2 fire from −0.375, −0.75, −1.5 on: m = −1.25 → −1, −1.5 → −2, −0.75 → −1, −1, −1.25
        NeuronTrace(description: "descending, nearest, negative", layer: layer(.down, 4, 2, .nearest), input: -1.25, sent: [-1, -2, -1, -1, -1]),
        // m = 0.375, 0.75 → 1, then from 0 again.
        NeuronTrace(description: "reset to zero", layer: layer(reset: .zero), input: 0.375, sent: [0, 1, 0, 1, 0, 1, 0]),
        // v(0) = 1 reaches the cut-off 1 at once, and what is left the negative one.
        NeuronTrace(description: "initial potential alone", layer: layer(levels: 1, 2, 2, initial: 0.5), input: 0, sent: [2, -2, 2]),
        // m = 0.5 → 1, −0.25, 0, 0.25, 0.5 → 1
        NeuronTrace(description: "initial potential", layer: layer(initial: 0.25), input: 0.25, sent: [1, 0, 0, 0, 1]),
        // m = 0.5 → 1, then from 0: 0.25, 0.5 → 1, 0.25
        NeuronTrace(description: "initial potential, reset to zero", layer: layer(reset: .zero, initial: 0.25), input: 0.25, sent: [1, 0, 1, 0]),
        NeuronTrace(description: "a silent side", layer: layer(.up, 1, 0), input: -3, sent: [0, 0, 0]),
        // m = 2.5 → 2, 2·0.5 → 1, 0, 0
        NeuronTrace(description: "differential", coding: .differential, layer: layer(.down, 4, 4, .nearest), input: 2.5, sent: [2, 1, 0, 0]),
        // m = −1.25 → −1, −0.5, −0.75 → −1, and then t·0.08333 up to 0.67 at t = 8
        NeuronTrace(
            description: "differential, negative", coding: .differential, layer: layer(.down, 4, 4, .nearest), input: -1.25,
            sent: [-1, 0, -1, 0, 0, 0, 0, 0]),
        // m = 0.25 + 0.25 → 1, 2·(−0.75) + 0.25 = −1.25 → −1, 3·(−0.25) + 0.25 = −0.5 → −1
        NeuronTrace(
            description: "differential, initial potential", coding: .differential, layer: layer(initial: 0.25), input: 0.25, sent: [1, -1, -1]),
        // Currents 0.25, 1.75, 0.25, 1.75, 0.25, 0.25, 1.75: m = 0.25, 2 → 2, 0.25, 2 → 2, 0.25, 0.5 → 1, 1.25 → 1
        NeuronTrace(
            description: "behind other neurons", layer: layer(), input: 0.375, sent: [0, 1, 0, 1, 0, 0, 1],
            behind: (layer(), weight: 1.5, bias: 0.25, sent: [0, 2, 0, 2, 0, 1, 1])),
        // The same currents: m = 0.25, 2 → 2, then from 0: 0.25, 2 → 2, 0.25, 0.5 → 1, 1.75 → 2
        NeuronTrace(
            description: "behind other neurons, reset to zero", layer: layer(), input: 0.375, sent: [0, 1, 0, 1, 0, 0, 1],
            behind: (layer(reset: .zero), weight: 1.5, bias: 0.25, sent: [0, 2, 0, 2, 0, 1, 2])),
        // φ_in = −1.75, −2.25, −2.25, −2.25: m = −1.75 → −2, 2·(−0.25) = −0.5, 3·(−0.25) = −0.75 → −1, 4·0.08333
        NeuronTrace(
            description: "differential, behind other neurons", coding: .differential, layer: layer(.down, 4, 4, .nearest), input: 2.5,
            sent: [2, 1, 0, 0],
            behind: (layer(.down, 4, 4, .nearest), weight: -1, bias: 0.25, sent: [-2, 0, -1, 0])),
    ]

    /// Neurons enough for a full vector and a part of one; all do the same.
    public static let neurons = 19

    /// "input" `[N, 19]` → neurons "first" → perhaps a linear layer and neurons "second" → "output".
    public func network() throws -> SpikingNetwork {
        var builder = GraphBuilder()
        let input = try builder.input("input", shape: [.batch, SymbolicLength(Self.neurons)])
        var value = try builder.add("first", .neuron(NeuronSite()), [input])
        var layers = ["first": layer]
        if let behind {
            var weights = Tensor([Self.neurons, Self.neurons])
            for index in 0..<Self.neurons { weights.values[index * (Self.neurons + 1)] = behind.weight }
            let weight = try builder.constant("weight", weights)
            let bias = try builder.constant("bias", Tensor([Self.neurons], repeating: behind.bias))
            value = try builder.add("linear", .linear(Linear()), [value, weight, bias])
            value = try builder.add("second", .neuron(NeuronSite()), [value])
            layers["second"] = behind.layer
        }
        builder.output("output", value)
        return try SpikingNetwork(graph: builder.build(), coding: coding, neurons: layers, provenance: SampleNetworks.provenance)
    }

    /// What a simulation of ``network()`` on a batch of these inputs must give.
    public func inputs(batch: Int) -> [String: Tensor] { ["input": Tensor([batch, Self.neurons], repeating: input)] }

    /// The estimate of each neuron's value after each step: the mean of what it sent, or the sum weighted by 1/t.
    public func estimates(batch: Int) -> Tensor {
        let sent = behind?.sent ?? sent
        let estimates = sent.indices.map { last in
            let terms = sent[...last].enumerated()
            return coding == .rate
                ? terms.reduce(0) { $0 + $1.1 } / Float(last + 1) : terms.reduce(0) { $0 + $1.1 / Float($1.0 + 1) }
        }
        return Tensor([sent.count, batch, Self.neurons], estimates.flatMap { Array(repeating: $0, count: batch * Self.neurons) })
    }

    /// By site: spikes of each step and level, positive levels first.
    public func spikes(batch: Int) -> [String: [[Int64]]] {
        func counts(_ layer: NeuronLayer, _ sent: [Float]) -> [[Int64]] {
            sent.map { value in
                var counts = [Int64](repeating: 0, count: 2 * layer.ladder.levels)
                guard value != 0 else { return counts }
                let level = layer.ladder.thresholds(value > 0 ? .positive : .negative).firstIndex(of: abs(value))!
                counts[level + (value > 0 ? 0 : layer.ladder.levels)] = Int64(batch * Self.neurons)
                return counts
            }
        }
        var spikes = ["first": counts(layer, sent)]
        if let behind { spikes["second"] = counts(behind.layer, behind.sent) }
        return spikes
    }
}
