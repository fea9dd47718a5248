/// Runs a new spiking network beside its ANN on a few samples: what a conversion says of itself before anybody measures it.
public enum FidelityCheck {
    /// The time-steps that are looked at.
    public static let steps = [1, 2, 4, 8]
    /// At most this many samples.
    public static let mostSamples = 64
    /// Elements of all outputs and time-steps that are held at once.
    private static let budget = 1 << 24

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
        let batching = program.executable.batching
        let samples = try program.executable.sampleCount(inputs)
        let outputs = network.graph.outputs
        let perSample = outputs.reduce(0) { $0 + network.graph[$1.value].shape.perSample.count } * program.timeSteps
        // Not as many as there are threads: sums of floats would show it.
        let atOnce = max(1, budget / max(1, perSample))
        let parts = batching.parts(of: samples, atMost: (samples + atOnce - 1) / atOnce)
        let classes = classOutput(of: network.graph)
        var comparisons: [String: OutputComparison] = [:]
        for output in outputs {
            comparisons[output.name] = OutputComparison(
                countsAnswers: output.name == classes,
                samplesAreRows: isSample(network.graph[output.value].shape.dimensions.first, batching))
        }
        var counts = [OperationCounts](repeating: OperationCounts(), count: program.timeSteps)
        for part in parts {
            try progress(part.lowerBound, samples)
            let arrays = batching.samples(part, of: samples, in: inputs)
            let ann = try simulator.runANN(arrays)
            let result = try simulator.run(arrays)
            for (name, estimates) in result.outputs { comparisons[name]!.add(estimates, ann: ann[name]!) }
            for step in counts.indices { counts[step] += result.steps[step] }
        }
        try progress(samples, samples)
        var total = OperationCounts()
        let prices = program.synapses.pricing(batch: samples)
        var energies: [EnergyRatios] = []
        for count in counts {
            total += count
            let priced = samples / (prices.samples * batching.samplesPerRun)
            energies.append(EnergyRatios(total, dense: prices.dense, samples: priced))
        }
        return Fidelity(
            samples: samples,
            steps: steps.enumerated().map { index, step in
                let all = outputs.map { comparisons[$0.name]! }
                let errors = all.map { $0.error(index) }
                return Fidelity.Step(
                    step: step, agreement: classes.flatMap { comparisons[$0]!.agreement(index) },
                    error: errors.contains(nil) ? nil : errors.compactMap(\.self).max(),
                    unexplained: all.compactMap { $0.unexplained(index) }.max(), energy: energies[step - 1].exact,
                    strictEnergy: energies[step - 1].strict)
            }, grades: network.grades)
    }

    /// Whether the first axis of an output counts samples.
    private static func isSample(_ length: Dimension?, _ batching: Batching) -> Bool {
        if case .fixed(let fixed) = batching.rule { return length == Dimension(fixed) }
        return length == .batch
    }

    /// The output that holds a value per class, where just one does.
    private static func classOutput(of graph: Graph) -> String? {
        let fitting = graph.outputs.filter { output in
            let shape = graph[output.value].shape
            return shape.rank == 2 && isSample(shape[0], Batching(graph)) && !shape[1].scalesWithBatch && shape[1].size > 1
        }
        return fitting.count == 1 ? fitting[0].name : nil
    }
}

/// The running sums of one output, taken sample by sample, so that they do not depend on how the samples are grouped.
private struct OutputComparison {
    private let countsAnswers: Bool
    private let samplesAreRows: Bool
    /// Rows of the ANN's output, their squares, and by element their sum.
    private var rows = 0
    private var square = 0.0
    private var sums: [Double] = []
    /// By step, `‖SNN − ANN‖²`, and how many answers agree.
    private var differences = FidelityCheck.steps.map { _ in 0.0 }
    private var agreements = FidelityCheck.steps.map { _ in 0 }

    init(countsAnswers: Bool, samplesAreRows: Bool) {
        self.countsAnswers = countsAnswers
        self.samplesAreRows = samplesAreRows
    }

    /// - Parameters:
    ///   - estimates: `[T, …]`.
    ///   - ann: `[…]`.
    mutating func add(_ estimates: Tensor, ann: Tensor) {
        for value in ann.values { square += Double(value) * Double(value) }
        if samplesAreRows {
            let width = ann.shape.rowCount
            if sums.isEmpty { sums = [Double](repeating: 0, count: width) }
            for row in 0..<ann.shape[0] {
                for element in 0..<width { sums[element] += Double(ann.values[row * width + element]) }
            }
            rows += ann.shape[0]
        }
        let answers = countsAnswers ? ann.argmaxOfRows() : []
        for (index, step) in FidelityCheck.steps.enumerated() {
            let start = (step - 1) * ann.count
            for element in 0..<ann.count {
                let difference = Double(estimates.values[start + element]) - Double(ann.values[element])
                differences[index] += difference * difference
            }
            guard countsAnswers else { continue }
            let found = Tensor(ann.shape, Array(estimates.values[start..<start + ann.count])).argmaxOfRows()
            agreements[index] += zip(answers, found).count { $0 == $1 }
        }
    }

    func agreement(_ index: Int) -> Double? { countsAnswers ? Double(agreements[index]) / Double(max(1, rows)) : nil }

    /// An output that is 0 in the ANN is missed wholly by anything else.
    func error(_ index: Int) -> Double? {
        guard differences[index].isFinite else { return nil }
        return square > 0 ? (differences[index] / square).squareRoot() : (differences[index] > 0 ? 1 : 0)
    }

    func unexplained(_ index: Int) -> Double? {
        guard differences[index].isFinite, rows > 1 else { return nil }
        let variance = square - sums.reduce(0) { $0 + $1 * $1 } / Double(rows)
        // What is left where all samples are alike is rounding.
        return variance > 1e-9 * square ? differences[index] / variance : nil
    }
}
