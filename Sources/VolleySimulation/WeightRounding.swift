public import VolleyGraph

/// How a simulator rounded the weights of layers behind neurons.
public struct WeightRounding: Sendable {
    public let format: WeightFormat
    /// `‖W − Ŵ‖ / ‖W‖` of the layer where it is largest.
    public let weightError: Double
    /// By how much a threshold was changed at most, as a part of it, where those of both signs became one.
    public let thresholdError: Double
    /// The network's graph with the weights that are run.
    public let graph: @Sendable () throws -> Graph
    /// The same simulator with the weights as trained.
    public let exact: @Sendable () throws -> any Simulator

    init(_ program: Program, threads: Int) {
        format = program.weights
        weightError = program.weightError
        thresholdError = program.thresholdError
        graph = { try program.graphWithRoundedWeights() }
        exact = {
            let exact = try Program(program.network, timeSteps: program.timeSteps, kernels: program.executable.kernels)
            return ParallelSimulator(exact, threads: threads)
        }
    }
}
