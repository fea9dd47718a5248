/// Runs a spiking network on named arrays and hands its estimates back as named arrays.
public struct ArrayRun: Sendable {
    /// `NAME [T, N, …]`: the estimates of each output at every step; `NAME.ann [N, …]`: the ANN's output, unless it was left out;
    /// `spikes/SITE [T, codes]`: of a ladder, positive levels before negative ones, smallest threshold first.
    public var arrays: [(String, NpyContent)]

    /// What a careful user wants to know of how the network ran.
    public var diagnostics: [Diagnostic]

    /// - Throws: errors of inputs that do not fit, named; `NonFiniteOutput` where an output is NaN or infinite.
    public init(
        _ network: SpikingNetwork, inputs: [String: Tensor], timeSteps: Int, threads: Int, weights: WeightFormat = .fp32,
        comparesWithANN: Bool = true, kernels: Kernels = .best
    ) throws {
        let program = try Program(network, timeSteps: timeSteps, weights: weights, kernels: kernels)
        try self.init(ParallelSimulator(program, threads: threads), inputs: inputs, comparesWithANN: comparesWithANN)
    }

    /// Runs a simulator's network, and its ANN unless that is left out.
    /// - Parameter tracing: who is handed what sites send.
    /// - Throws: errors of inputs that do not fit, named; `NonFiniteOutput` where an output is NaN or infinite; what the receiver of spikes
    ///   throws.
    public init(_ simulator: any Simulator, inputs: [String: Tensor], comparesWithANN: Bool = true, tracing: SpikeTracing? = nil) throws {
        let ann = try comparesWithANN ? simulator.annAnswers(inputs) : [:]
        let result = try simulator.spikingAnswers(inputs, tracing: tracing)
        arrays = []
        diagnostics = simulator.diagnostics
        for (name, estimates) in result.outputs {
            arrays.append((name, .float32(estimates)))
            if let ann = ann[name] { arrays.append((name + ".ann", .float32(ann))) }
        }
        for (site, steps) in result.spikes {
            let width = steps.first?.count ?? 0
            arrays.append(("spikes/" + site, .int64(Shape([steps.count, width]), steps.flatMap { $0.map(Int.init) })))
        }
    }
}
