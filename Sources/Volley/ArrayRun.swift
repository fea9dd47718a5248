/// Runs a spiking network on named arrays and hands its estimates back as named arrays.
public struct ArrayRun: Sendable {
    /// `NAME [T, N, …]`: the estimates of each output at every step; `NAME.ann [N, …]`: the ANN's output;
    /// `spikes/SITE [T, codes]`: of a ladder, positive levels before negative ones, smallest threshold first.
    public var arrays: [(String, NpyContent)]

    /// What a careful user wants to know of how the network ran.
    public var diagnostics: [Diagnostic]

    /// - Throws: errors of inputs that do not fit, named; `NonFiniteOutput` where an output is NaN or infinite.
    public init(
        _ network: SpikingNetwork, inputs: [String: Tensor], timeSteps: Int, threads: Int, weights: WeightFormat = .fp32,
        kernels: Kernels = .best
    ) throws {
        let program = try Program(network, timeSteps: timeSteps, weights: weights, kernels: kernels)
        try self.init(ParallelSimulator(program, threads: threads), inputs: inputs)
    }

    /// Runs a simulator's network.
    /// - Throws: errors of inputs that do not fit, named; `NonFiniteOutput` where an output is NaN or infinite.
    public init(_ simulator: any Simulator, inputs: [String: Tensor]) throws {
        let (ann, result) = try simulator.answers(inputs)
        arrays = []
        diagnostics = simulator.diagnostics
        for (name, estimates) in result.outputs {
            arrays.append((name, .float32(estimates)))
            arrays.append((name + ".ann", .float32(ann[name]!)))
        }
        for (site, steps) in result.spikes {
            let width = steps.first?.count ?? 0
            arrays.append(("spikes/" + site, .int64(Shape([steps.count, width]), steps.flatMap { $0.map(Int.init) })))
        }
    }
}
