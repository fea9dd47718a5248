internal import Foundation
internal import OrderedCollections
internal import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// What rounding the weights of layers behind neurons changes.
public struct WeightError: Sendable, Hashable, Codable {
    public var kind: WeightFormat
    /// `‖W − Ŵ‖ / ‖W‖` of the layer where it is largest.
    public var weights: Double
    /// By how much a threshold was changed at most, as a part of it, where those of both signs became one.
    public var thresholds = 0.0
    /// `‖y(Ŵ) − y(W)‖ / ‖y(W)‖` over the outputs of the ANN on a batch: what the rounded weights themselves do.
    public var annOutputs = 0.0
    /// The same for the spiking network's estimates, by time-step, where it was asked for. There, a membrane potential that
    /// falls on the other side of a threshold changes a whole spike, whatever small cause moved it.
    public var estimates: [Double]?

    /// - Throws: errors of the inputs.
    public init(of program: Program, _ inputs: [String: Tensor]) throws {
        kind = program.weights
        weights = program.weightError
        thresholds = program.thresholdError
        guard kind != .fp32 else { return }
        let rounded = try Evaluator(program.graphWithRoundedWeights(), kernels: program.executable.kernels).run(inputs)
        let exact = try program.ann.run(inputs)
        annOutputs = Self.distance(exact.keys.sorted().map { (rounded[$0]!.values[...], exact[$0]!.values[...]) })
    }

    /// Compares estimates with those of fp32 weights.
    /// - Parameter result: what the program gave for the same inputs.
    /// - Throws: errors of the inputs.
    public mutating func addEstimates(
        of program: Program, _ inputs: [String: Tensor], _ result: SimulationResult, threads: Int
    ) throws {
        guard kind != .fp32 else { return }
        let exact = try Program(program.network, timeSteps: program.timeSteps, kernels: program.executable.kernels)
        let expected = try ParallelSimulator(exact, threads: threads).run(inputs)
        estimates = (0..<program.timeSteps).map { step in
            Self.distance(
                expected.outputs.map { name, tensor in
                    let range = step * tensor.shape.rowCount..<(step + 1) * tensor.shape.rowCount
                    return (result.outputs[name]!.values[range], tensor.values[range])
                })
        }
    }

    private static func distance(_ pairs: [(found: ArraySlice<Float>, expected: ArraySlice<Float>)]) -> Double {
        var (difference, size) = (0.0, 0.0)
        for (found, expected) in pairs {
            for (x, y) in zip(found, expected) {
                difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
                size += Double(y) * Double(y)
            }
        }
        return size > 0 ? (difference / size).squareRoot() : 0
    }

    /// In words, for reports.
    public var summary: String {
        func text(_ value: Double) -> String { String(format: "%.1e", value) }
        var summary = "weights \(kind.rawValue): rounded by up to \(text(weights)) of a layer's weights, which changes the ANN's outputs "
            + "by \(text(annOutputs))"
        if thresholds > 0 {
            summary += "; thresholds of both signs within 1 % of each other were joined, which changed them by up to \(text(thresholds))"
        }
        if let estimates {
            summary += "; estimates, where spikes flip, differ by "
                + estimates.indices.map { "\(text(estimates[$0])) at t = \($0 + 1)" }.joined(separator: ", ")
        }
        return summary + " (relative)"
    }
}
