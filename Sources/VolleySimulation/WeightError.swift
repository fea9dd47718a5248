internal import Foundation
internal import OrderedCollections
internal import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// What rounding the weights of layers behind neurons changed.
public struct WeightError: Sendable, Hashable, Codable {
    public var kind: WeightFormat
    /// `‖W − Ŵ‖ / ‖W‖` of the layer where it is largest.
    public var weights = 0.0
    /// `‖y − y₃₂‖ / ‖y₃₂‖` over all outputs of a batch, by time-step: y₃₂ are the estimates with fp32 weights. Membrane
    /// potentials that fall on the other side of a threshold count too.
    public var outputs: [Double]

    /// Runs a batch with fp32 weights as well.
    /// - Parameter result: what the program gave for the same inputs.
    /// - Throws: errors of the inputs.
    public init(of program: Program, _ inputs: [String: Tensor], _ result: SimulationResult, threads: Int) throws {
        kind = program.weights
        weights = program.weightError
        outputs = Array(repeating: 0, count: program.timeSteps)
        guard kind != .fp32 else { return }
        let exact = try Program(program.network, timeSteps: program.timeSteps, kernels: program.executable.kernels)
        let expected = try ParallelSimulator(exact, threads: threads).run(inputs)
        for step in outputs.indices {
            var (difference, size) = (0.0, 0.0)
            for (name, tensor) in expected.outputs {
                let width = tensor.shape.rowCount
                for index in step * width..<(step + 1) * width {
                    let y = Double(tensor.values[index])
                    let d = Double(result.outputs[name]!.values[index]) - y
                    difference += d * d
                    size += y * y
                }
            }
            outputs[step] = size > 0 ? (difference / size).squareRoot() : 0
        }
    }

    /// In words, for reports.
    public var summary: String {
        func text(_ value: Double) -> String { String(format: "%.1e", value) }
        return "weights \(kind.rawValue): rounded by up to \(text(weights)) of a layer's weights; outputs differ from fp32 "
            + "weights by " + outputs.indices.map { "\(text(outputs[$0])) at t = \($0 + 1)" }.joined(separator: ", ")
    }
}
