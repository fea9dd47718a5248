internal import OrderedCollections
public import VolleyGraph
public import VolleyTensors

/// An output that is NaN or infinite, so that there is no answer. A failure of the run: the input itself was accepted.
public struct NonFiniteOutput: Error, Hashable, CustomStringConvertible {
    /// The output's name in the network.
    public var output: String
    /// The time-step, counted from 1; nil for the ANN.
    public var step: Int?
    /// The place in the batch, counted from 0; nil where the output's values belong to no sample alone.
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
    /// - Parameter samples: how many there are in the batch.
    /// - Throws: ``NonFiniteOutput`` for the first output, time-step and sample with a value that is NaN or infinite.
    public func requireFinite(samples: Int) throws {
        for (name, tensor) in outputs {
            guard let place = tensor.firstNonFinite else { continue }
            let sample = batchAxes[name]?.behind(1).sample(of: place, in: tensor.shape, batch: samples)
            throw NonFiniteOutput(output: name, step: place / tensor.shape.rowCount + 1, sample: sample)
        }
    }
}

extension [String: Tensor] {
    /// The same for the outputs of an ANN, by name.
    /// - Parameter batching: where the samples lie in them.
    /// - Throws: ``NonFiniteOutput`` without a time-step, for the first output by name.
    public func requireFinite(_ batching: Batching, samples: Int) throws {
        for (name, tensor) in sorted(by: { $0.key < $1.key }) {
            guard let place = tensor.firstNonFinite else { continue }
            throw NonFiniteOutput(
                output: name, step: nil, sample: batching.outputs[name]?.sample(of: place, in: tensor.shape, batch: samples))
        }
    }
}

extension Tensor {
    fileprivate var firstNonFinite: Int? { Kernels.best.allFinite(values) ? nil : values.firstIndex { !$0.isFinite } }
}
