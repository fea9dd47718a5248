internal import OrderedCollections
public import VolleyTensors

/// An output that is NaN or infinite, so that there is no answer. A failure of the run: the input itself was accepted.
public struct NonFiniteOutput: Error, Hashable, CustomStringConvertible {
    /// The output's name in the network.
    public var output: String
    /// The time-step, counted from 1; nil for the ANN.
    public var step: Int?
    /// The place along the output's first axis, the batch, counted from 0; nil where the output has no axes.
    public var sample: Int?
    /// The name of that sample in its data set, where it is known.
    public var sampleName: String?
    /// The first node of the ANN whose value is not finite, where it is known.
    public var node: String?

    public init(output: String, step: Int?, sample: Int?) {
        self.output = output
        self.step = step
        self.sample = sample
    }

    public var description: String {
        let who = step.map { "the spiking network's output '\(output)' at time-step \($0)" } ?? "the ANN's output '\(output)'"
        let which = (sampleName ?? sample.map { "sample \($0)" }).map { ", \($0)" } ?? ""
        let origin = node.map { "; node '\($0)' is the first whose value is not finite" } ?? ""
        return "\(who) holds NaN or infinity\(which): there is no answer\(origin)"
    }
}

extension SimulationResult {
    /// - Throws: ``NonFiniteOutput`` for the first output, time-step and sample with a value that is NaN or infinite.
    public func requireFinite() throws {
        for (name, tensor) in outputs where !Kernels.best.allFinite(tensor.values) {
            let place = tensor.values.firstIndex { !$0.isFinite }!
            let shape = tensor.shape
            let row = shape.rank > 1 ? place % shape.rowCount / Shape(Array(shape.dimensions.dropFirst())).rowCount : nil
            throw NonFiniteOutput(output: name, step: place / shape.rowCount + 1, sample: row)
        }
    }
}

extension [String: Tensor] {
    /// The same for the outputs of an ANN, by name.
    /// - Throws: ``NonFiniteOutput`` without a time-step, for the first output by name.
    public func requireFinite() throws {
        for (name, tensor) in sorted(by: { $0.key < $1.key }) where !Kernels.best.allFinite(tensor.values) {
            let place = tensor.values.firstIndex { !$0.isFinite }!
            throw NonFiniteOutput(output: name, step: nil, sample: tensor.shape.rank > 0 ? place / tensor.shape.rowCount : nil)
        }
    }
}
