/// The samples that a diagnosis measures networks on, what the ANN answers to them, and others of the same data.
struct VerificationSamples {
    let count: Int
    /// Samples of the same data that nothing is measured on, by the run.
    let others: OtherSamples
    /// By the run.
    let runs: [[String: Tensor]]
    private let parts: [Part]
    /// A few of the samples, for what needs no precision.
    private let few: Part
    let fewCount: Int
    /// The name of the output that holds a value per class, where just one does.
    private let classes: String?
    let annAccuracy: Double?
    private let prices: EnergyPrices
    private let threads: Int

    private struct Part {
        var inputs: [String: Tensor]
        var ann: [String: Tensor]
        var labels: [Int]?
    }

    /// Samples that are run at once at most, and how many are a few.
    private static let (atOnce, mostFew) = (16, 4)

    /// - Parameters:
    ///   - labels: the class of each sample; nil where they are not known.
    ///   - measured: how many samples are measured on at most; they are spread over all.
    /// - Throws: errors of the inputs; `NonFiniteOutput` where the ANN's output is NaN or infinite.
    init(
        _ network: SpikingNetwork, _ inputs: [String: Tensor], labels: [Int]?, measured: Int, prices: EnergyPrices, threads: Int
    ) throws {
        let simulator = ParallelSimulator(try Program(network, timeSteps: 1), threads: threads)
        let batching = simulator.batching
        let all = try simulator.program.executable.sampleCount(inputs)
        let units = batching.runs(of: all, size: 1)
        // A network that takes its samples together takes all.
        let wanted = max(1, min(units.count, measured / batching.samplesPerRun))
        let chosen = Set((0..<wanted).map { $0 * units.count / wanted })
        func arrays(_ unit: Int) -> [String: Tensor] { batching.samples(units[unit], of: all, in: inputs) }
        let runs = chosen.sorted().map(arrays)
        self.runs = runs
        others = OtherSamples(parts: units.indices.filter { !chosen.contains($0) }.map(arrays), samplesPerPart: batching.samplesPerRun)
        let known = labels.map { labels in chosen.sorted().flatMap { labels[units[$0]] } }
        count = chosen.reduce(0) { $0 + units[$1].count }
        let classes = FidelitySums.classOutput(of: network.graph)
        self.classes = classes
        (self.prices, self.threads) = (prices, threads)
        let lengths = chosen.sorted().map { units[$0].count }
        func part(_ selected: [Int]) throws -> Part {
            let joined = batching.joining(inputs: selected.map { runs[$0] })
            let labels = known.map { labels in
                selected.flatMap { run in labels[lengths[..<run].reduce(0, +)..<lengths[...run].reduce(0, +)] }
            }
            return Part(inputs: joined, ann: try simulator.annAnswers(joined), labels: labels)
        }
        let size = max(1, Self.atOnce / batching.samplesPerRun)
        let parts = try stride(from: 0, to: runs.count, by: size).map { try part(Array($0..<min(runs.count, $0 + size))) }
        self.parts = parts
        let selected = max(1, min(runs.count, Self.mostFew / batching.samplesPerRun))
        let spread = (0..<selected).map { $0 * runs.count / selected }
        few = try part(spread)
        fewCount = spread.reduce(0) { $0 + lengths[$1] }
        annAccuracy = classes.flatMap { output in known == nil ? nil : Self.accuracy(parts, output) }
    }

    private static func accuracy(_ parts: [Part], _ output: String) -> Double {
        var (right, all) = (0, 0)
        for part in parts {
            right += zip(part.ann[output]!.argmaxOfRows(), part.labels!).count { $0 == $1 }
            all += part.labels!.count
        }
        return Double(right) / Double(max(1, all))
    }

    /// What a network answers after some time-steps beside the ANN.
    /// - Parameters:
    ///   - steps: ascending from 1 at least.
    ///   - isSpiking: whether all of its sites spike, so that its energy says something.
    ///   - few: whether a few of the samples are enough.
    /// - Throws: errors of the inputs; `SpikingError` where a membrane potential is not finite.
    func figures(of network: SpikingNetwork, at steps: [Int], isSpiking: Bool = true, few isFew: Bool = false) throws -> [AnswerFigures] {
        let simulator = ParallelSimulator(try Program(network, timeSteps: steps.last!), threads: threads)
        var sums = FidelitySums(of: simulator, at: steps)
        var right = steps.map { _ in 0 }
        for part in isFew ? [few] : parts {
            let result = try sums.add(part.inputs, ann: part.ann)
            guard let classes, let labels = part.labels, let estimates = result.outputs[classes] else { continue }
            for (index, step) in steps.enumerated() {
                let size = estimates.count / estimates.shape[0]
                let answers = Tensor(part.ann[classes]!.shape, Array(estimates.values[(step - 1) * size..<step * size])).argmaxOfRows()
                right[index] += zip(answers, labels).count { $0 == $1 }
            }
        }
        let fidelity = sums.fidelity(prices: prices)
        return fidelity.steps.enumerated().map { index, step in
            AnswerFigures(
                step: step.step, error: step.error, agreement: step.agreement,
                accuracy: annAccuracy == nil ? nil : Double(right[index]) / Double(max(1, fidelity.samples)), energy: isSpiking ? step.energy : nil)
        }
    }
}

/// Samples in memory, to calibrate with.
struct OtherSamples: CalibrationData {
    let parts: [[String: Tensor]]
    let samplesPerPart: Int

    var count: Int { parts.count * samplesPerPart }

    func forEachPart(_ body: (_ inputs: [String: Tensor], _ samples: Int) throws -> Void) throws {
        for part in parts { try body(part, samplesPerPart) }
    }
}
