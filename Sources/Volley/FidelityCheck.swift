/// Runs a new spiking network beside its ANN on a few samples: what a conversion says of itself before anybody measures it.
public enum FidelityCheck {
    /// The time-steps that are looked at.
    public static let steps = [1, 2, 4, 8]
    /// At most this many samples.
    public static let mostSamples = 64

    /// - Parameters:
    ///   - inputs: arrays named like the network's inputs.
    ///   - progress: called between parts of the samples, with those done and all.
    /// - Throws: errors of the inputs, and what `progress` throws.
    public static func run(
        _ network: SpikingNetwork, on inputs: [String: Tensor], threads: Int,
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> Fidelity {
        let program = try Program(network, timeSteps: steps.last!)
        let simulator = ParallelSimulator(program, threads: threads)
        let samples = try program.executable.sampleCount(inputs)
        var sums = FidelitySums(of: simulator, at: steps)
        for part in FidelitySums.parts(of: samples, for: simulator) {
            try progress(part.lowerBound, samples)
            let arrays = simulator.batching.samples(part, of: samples, in: inputs)
            try sums.add(arrays, ann: simulator.runANN(arrays))
        }
        try progress(samples, samples)
        return sums.fidelity()
    }
}
