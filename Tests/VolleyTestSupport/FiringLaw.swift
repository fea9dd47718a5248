internal import Foundation
internal import VolleyGraph
public import VolleySpiking
internal import VolleyTensors

extension SpikingNetwork {
    /// The same network with two more outputs for every site: what arrives there, "SITE.arrives", and what is sent on,
    /// "SITE.sends".
    public func observingSites() throws -> SpikingNetwork {
        var builder = GraphBuilder()
        for (id, node) in graph.nodes.enumerated() {
            let copy = try builder.copy(node, inputs: node.inputs)
            precondition(copy == id)
        }
        for output in graph.outputs { builder.output(output.name, output.value) }
        for (id, node) in graph.nodes.enumerated() where layer(at: id) != nil {
            builder.output(node.name + ".arrives", node.inputs[0])
            builder.output(node.name + ".sends", id)
        }
        return try replacing(graph: builder.build())
    }
}

/// Charge is conserved, and every neuron sends what its membrane potential calls for (semantics 3 and 5.1): read off the estimates
/// of what arrives at a site and what it sends, and written without the simulators' recurrences.
///
/// - Rate coding: `x(t) = t·φ_out(t) − (t−1)·φ_out(t−1)` and `m(t) = v(0) + t·φ_in(t) − (t−1)·φ_out(t−1)`; with reset to zero, what
///   arrived since the last spike.
/// - Differential coding: `s(t) = t·(φ_out(t) − φ_out(t−1))` and `m(t) = v(0) + t·(φ_in(t) − φ_out(t−1))`.
public struct FiringLaw {
    /// Estimates are floats, and potentials differences of them times t.
    static let roundingTolerance = 1e-5

    /// What contradicts the law.
    public private(set) var violations: [String] = []
    /// How many spikes of each sign were seen.
    public private(set) var positive = 0
    public private(set) var negative = 0

    /// - Parameter result: of a network of `observingSites()`.
    public init(_ network: SpikingNetwork, _ result: SimulationResult) {
        for (site, layer) in network.neurons.map({ ($0.key, $0.value) }) {
            let arrives = result.outputs.first { $0.key == site + ".arrives" }!.value
            let sends = result.outputs.first { $0.key == site + ".sends" }!.value
            let count = sends.shape.rowCount
            for neuron in 0..<count {
                let inputs = (0..<sends.shape[0]).map { Double(arrives.values[$0 * count + neuron]) }
                let outputs = (0..<sends.shape[0]).map { Double(sends.values[$0 * count + neuron]) }
                check(layer, network.coding, inputs, outputs, "\(site), neuron \(neuron)")
            }
        }
    }

    private mutating func check(_ layer: NeuronLayer, _ coding: Coding, _ inputs: [Double], _ outputs: [Double], _ name: String) {
        let ladder = Ladder(layer.multiThreshold)
        let reset = layer.multiThreshold.reset
        var forgotten = -Double(layer.multiThreshold.initialPotential) * ladder.positive[0].threshold
        for step in inputs.indices {
            let t = Double(step + 1)
            let before = step == 0 ? 0 : outputs[step - 1]
            let sent: Double
            var membrane: Double
            switch coding {
            case .rate:
                sent = t * outputs[step] - (t - 1) * before
                membrane = t * inputs[step] - (reset == .zero ? 0 : (t - 1) * before)
            case .differential:
                sent = t * (outputs[step] - before)
                membrane = t * (inputs[step] - before)
            }
            membrane -= forgotten
            let tolerance = Self.roundingTolerance * t * (abs(inputs[step]) + abs(before) + abs(outputs[step]) + ladder.smallest)
            guard let range = ladder.range(of: sent, step + 1, tolerance) else {
                violations.append("\(name), step \(step + 1): sends \(sent), which is no threshold")
                continue
            }
            if !(range.lowerBound - tolerance <= membrane && membrane <= range.upperBound + tolerance) {
                violations.append("\(name), step \(step + 1): sends \(sent) at m = \(membrane)")
            }
            let isSpike = abs(sent) > tolerance
            if isSpike { if sent > 0 { positive += 1 } else { negative += 1 } }
            if reset == .zero, isSpike { forgotten = t * inputs[step] }
        }
    }

    /// Thresholds and from where on they fire, smallest first.
    private struct Ladder {
        var positive: [(threshold: Double, from: Double)]
        var negative: [(threshold: Double, from: Double)]
        var smallest: Double { min(positive[0].threshold, negative[0].threshold) }

        let deadZones: [Float]
        let least: Double

        init(_ layer: MultiThresholdNeuron) {
            let ratio = pow(2, 1 / Double(layer.ladder.stepsPerOctave))
            deadZones = layer.deadZones
            least = Double(layer.leastPotential)
            func side(_ base: Float) -> [(threshold: Double, from: Double)] {
                let levels = layer.ladder.levels
                let smallest = layer.ladder.direction == .up ? Double(base) : Double(base) / pow(ratio, Double(levels - 1))
                return (0..<levels).map { level in
                    let threshold = smallest * pow(ratio, Double(level))
                    let from = layer.rounding == .halfBase ? threshold - smallest / 2 : (1 + 1 / ratio) / 2 * threshold
                    return (threshold, base > 0 ? from : .infinity)
                }
            }
            positive = side(layer.ladder.positive)
            negative = side(layer.ladder.negative)
        }

        /// The potentials at which this value is sent; nil when it is none of the ladder's.
        func range(of sent: Double, _ step: Int, _ tolerance: Double) -> ClosedRange<Double>? {
            let silent = max(least, deadZones.isEmpty ? 0 : Double(step) * Double(deadZones[min(step, deadZones.count) - 1]))
            if abs(sent) <= tolerance { return -max(silent, negative[0].from)...max(silent, positive[0].from) }
            let side = sent > 0 ? positive : negative
            guard let level = side.firstIndex(where: { abs($0.threshold - abs(sent)) <= tolerance }), side[level].from.isFinite
            else { return nil }
            let upper = level + 1 < side.count ? side[level + 1].from : .infinity
            let lower = max(silent, side[level].from)
            guard lower <= upper else { return nil }
            return sent > 0 ? lower...upper : -upper ... -lower
        }
    }
}
