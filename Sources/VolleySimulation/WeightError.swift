internal import Foundation
internal import OrderedCollections
public import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// What rounding the weights of layers behind neurons changes.
public struct WeightError: Sendable, Hashable, Codable {
    public var kind: WeightFormat
    /// `‖W − Ŵ‖ / ‖W‖` of the layer where it is largest.
    public var weights: Double
    /// By how much a value that neurons send was changed at most, as a part of it, or of the root mean square of what arrives where that is
    /// larger: where thresholds of both signs became one, or finer ladders whole numbers.
    public var thresholds = 0.0
    /// `‖y(Ŵ) − y(W)‖ / ‖y(W)‖` over the outputs of the ANN on some samples: what the rounded weights themselves do; nil where the ANN
    /// was left out.
    public var annOutputs: Double?
    /// The same for the spiking network's estimates, by time-step, where it was asked for. There, a membrane potential that
    /// falls on the other side of a threshold changes a whole spike, whatever small cause moved it.
    public var estimates: [Double]?

    /// - Parameters:
    ///   - rounding: nil for weights as trained.
    ///   - outputs: how far the ANN's outputs were apart, by output; nil where the ANN was left out.
    public init(of rounding: WeightRounding?, outputs: [String: RelativeDistance]? = [:]) {
        kind = rounding?.format ?? .fp32
        weights = rounding?.weightError ?? 0
        thresholds = rounding?.thresholdError ?? 0
        annOutputs = outputs.map { RelativeDistance($0).value }
    }

    /// Compares the estimates of a simulator with those of fp32 weights.
    /// - Parameter result: what the simulator gave for the same inputs.
    /// - Throws: errors of the inputs.
    public mutating func addEstimates(of rounding: WeightRounding, _ inputs: [String: Tensor], _ result: SimulationResult) throws {
        let expected = try rounding.exact().run(inputs)
        estimates = result.steps.indices.map { step in
            var distance = RelativeDistance()
            for (name, tensor) in expected.outputs {
                let range = step * tensor.shape.rowCount..<(step + 1) * tensor.shape.rowCount
                distance.add(result.outputs[name]!.values[range], expected: tensor.values[range])
            }
            return distance.value
        }
    }

    /// In words, for reports.
    public var summary: String {
        func text(_ value: Double) -> String { String(format: "%.1e", value) }
        var summary =
            "weights \(kind.rawValue): rounded by up to \(text(weights)) of a layer's weights, "
            + (annOutputs.map { "which changes the ANN's outputs by \(text($0))" }
                ?? "and the ANN was left out, whose outputs would show what that does")
        if thresholds > 0 {
            summary += "; what neurons send (signs within 1 % of each other are joined, finer ladders rounded) changed by up to \(text(thresholds))"
        }
        if let estimates {
            summary +=
                "; estimates, where spikes flip, differ by "
                + estimates.indices.map { "\(text(estimates[$0])) at t = \($0 + 1)" }.joined(separator: ", ")
        }
        return summary + " (relative)"
    }
}

/// `‖x − y‖ / ‖y‖`, from sums that are added up element by element: it does not matter how the elements come in batches.
public struct RelativeDistance: Sendable, Hashable, Codable {
    private var difference = 0.0
    private var size = 0.0

    public init() {}

    /// Several distances as one.
    init(_ parts: [String: RelativeDistance]) {
        for (_, part) in parts.sorted(by: { $0.key < $1.key }) {
            difference += part.difference
            size += part.size
        }
    }

    mutating func add(_ found: ArraySlice<Float>, expected: ArraySlice<Float>) {
        for (x, y) in zip(found, expected) {
            difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
            size += Double(y) * Double(y)
        }
    }

    public var value: Double { size > 0 ? (difference / size).squareRoot() : 0 }
}

/// The ANN with rounded weights beside the ANN with its own.
public struct WeightComparison: Sendable {
    private let exact: Evaluator
    private let rounded: Evaluator

    /// - Parameter ann: with the weights as trained.
    /// - Throws: `GraphError` never for a network that was made.
    public init(_ ann: Evaluator, _ rounding: WeightRounding) throws {
        exact = ann
        rounded = Evaluator(try rounding.graph(), kernels: ann.executable.kernels)
    }

    /// Compares the outputs on some of the samples, one after the other, so that batches do not show in the sums.
    /// - Throws: errors of the inputs.
    public func add(
        _ range: Range<Int>, of inputs: [String: Tensor], to distances: inout [String: RelativeDistance]
    ) throws {
        if range.isEmpty { return }
        let part = try exact.executable.bind(inputs).samples(range)
        for run in exact.executable.batching.runs(of: range.count, size: 1) {
            let samples = part.samples(run)
            let found = try rounded.run(samples)
            for (name, expected) in try exact.run(samples) {
                distances[name, default: RelativeDistance()].add(found[name]!.values[...], expected: expected.values[...])
            }
        }
    }
}
