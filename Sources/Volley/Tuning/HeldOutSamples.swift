/// Samples that networks are measured on beside their ANN, with what the ANN answers to them.
struct HeldOutSamples {
    let count: Int
    /// SHA-256 over the samples, and a digest of each, as a network's origin has them.
    let digest: String
    let sampleDigests: String
    private let inputs: [String: Tensor]
    /// By first sample of a part what the ANN answers, where all of it is small enough to be kept.
    private let answers: ANNOutputs

    /// Time is measured on so many samples.
    private static let timedSamples = 16
    private static let timedRuns = 3

    /// - Throws: what is wrong with the data; `NonFiniteOutput` where the ANN's output is NaN or infinite.
    init(
        _ set: CalibrationSet, for model: Model, threads: Int, diagnose: @escaping (Diagnostic) -> Void,
        progress: @escaping (_ done: Int, _ total: Int) throws -> Void
    ) throws {
        let samples = try CalibrationSamples(set, for: model, threads: threads, diagnose: diagnose, progress: progress)
        let ann = ParallelSimulator(try Program(try model.withoutNeurons(), timeSteps: 1), threads: threads)
        let batching = Batching(try PlaceNeurons.apply(to: model.graph))
        var parts: [[String: Tensor]] = []
        try samples.forEachPart { inputs, _ in parts.append(inputs) }
        guard !parts.isEmpty else { throw ConversionError(.noData, "there are no samples to measure on") }
        inputs = batching.joining(inputs: parts)
        count = try ann.program.executable.sampleCount(inputs)
        answers = ANNOutputs(of: ann)
        var described = Provenance(version: volleyVersion, method: "none", citation: "")
        samples.describe(in: &described)
        (digest, sampleDigests) = (described.calibrationDigest ?? "", described.calibrationSamples ?? "")
    }

    /// - Parameters:
    ///   - steps: ascending from 1 at least.
    ///   - progress: called between parts of the samples, with those done and all.
    /// - Throws: `SpikingError` where a membrane potential is not finite, and what `progress` throws.
    func measure(
        _ network: SpikingNetwork, at steps: [Int], prices: EnergyPrices, threads: Int, progress: (_ done: Int, _ total: Int) throws -> Void
    ) throws -> Fidelity {
        let simulator = ParallelSimulator(try Program(network, timeSteps: steps.last!), threads: threads)
        var sums = FidelitySums(of: simulator, at: steps)
        for part in FidelitySums.parts(of: count, for: simulator) {
            try progress(part.lowerBound, count)
            let arrays = simulator.batching.samples(part, of: count, in: inputs)
            try sums.add(arrays, ann: answers[part, arrays])
        }
        try progress(count, count)
        return sums.fidelity(prices: prices)
    }

    /// Milliseconds that a sample takes on this machine when so many time-steps are run, the shortest of some runs.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    func milliseconds(of network: SpikingNetwork, steps: Int, threads: Int) throws -> Double {
        let simulator = ParallelSimulator(try Program(network, timeSteps: steps), threads: threads)
        let timed =
            switch simulator.batching.rule {
            case .together: count
            case .separate, .fixed: min(count, simulator.batching.size(near: Self.timedSamples))
            }
        let bound = try simulator.bind(simulator.batching.samples(0..<timed, of: count, in: inputs))
        // The first run also finds the memory.
        _ = try simulator.run(bound)
        let clock = ContinuousClock()
        var shortest = Double.infinity
        for _ in 0..<Self.timedRuns { shortest = min(shortest, try clock.measure { _ = try simulator.run(bound) } / .seconds(1)) }
        return shortest * 1000 / Double(timed)
    }
}

/// What the ANN answers to parts of some samples: computed once where it is small, otherwise whenever it is asked for.
private final class ANNOutputs {
    private let simulator: ParallelSimulator
    private var known: [Range<Int>: [String: Tensor]] = [:]
    private var elements = 0
    private static let mostElements = 1 << 26

    init(of simulator: ParallelSimulator) { self.simulator = simulator }

    subscript(_ part: Range<Int>, _ inputs: [String: Tensor]) -> [String: Tensor] {
        get throws {
            if let found = known[part] { return found }
            let found = try simulator.annAnswers(inputs)
            elements += found.values.reduce(0) { $0 + $1.count }
            if elements <= Self.mostElements { known[part] = found }
            return found
        }
    }
}
