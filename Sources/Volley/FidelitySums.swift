/// How closely a spiking network follows its ANN at some time-steps, and what it costs, over samples that come part by part.
struct FidelitySums {
    /// Elements of all outputs and time-steps that are held at once.
    private static let budget = 1 << 24

    private let simulator: any Simulator
    private let steps: [Int]
    private let classes: String?
    private var comparisons: [String: OutputComparison] = [:]
    private var counts: [OperationCounts]
    private var samples = 0
    /// What the ANN costs; where samples meet, for so many.
    private let synapses: SynapseMap

    /// - Parameter steps: ascending, within the simulator's time-steps.
    init(of simulator: any Simulator, at steps: [Int]) {
        (self.simulator, self.steps) = (simulator, steps)
        let (graph, batching) = (simulator.network.graph, simulator.batching)
        synapses = SynapseMap(graph)
        classes = Self.classOutput(of: graph)
        for output in graph.outputs {
            comparisons[output.name] = OutputComparison(
                at: steps, countsAnswers: output.name == classes,
                samplesAreRows: Self.isSample(graph[output.value].shape.dimensions.first, batching))
        }
        counts = [OperationCounts](repeating: OperationCounts(), count: simulator.timeSteps)
    }

    /// Samples that are run at once, so that their outputs fit the memory.
    static func parts(of samples: Int, for simulator: some Simulator) -> [Range<Int>] {
        let graph = simulator.network.graph
        let perSample = graph.outputs.reduce(0) { $0 + graph[$1.value].shape.perSample.count } * simulator.timeSteps
        // Not as many as there are threads: sums of floats would show it.
        let atOnce = max(1, budget / max(1, perSample))
        return simulator.batching.parts(of: samples, atMost: (samples + atOnce - 1) / atOnce)
    }

    /// Runs the spiking network on more samples; where samples meet, on all of them.
    /// - Parameter ann: what the ANN answers to them, by output.
    /// - Returns: what the simulation gave.
    /// - Throws: errors of the inputs; `SpikingError` where a membrane potential is not finite.
    @discardableResult
    mutating func add(_ inputs: [String: Tensor], ann: [String: Tensor]) throws -> SimulationResult {
        let bound = try simulator.bind(inputs)
        let result = try simulator.run(bound)
        for (name, estimates) in result.outputs { comparisons[name]!.add(estimates, ann: ann[name]!) }
        for step in counts.indices { counts[step] += result.steps[step] }
        samples += bound.count
        return result
    }

    func fidelity(prices: EnergyPrices = .arithmetic) -> Fidelity {
        var total = OperationCounts()
        let priced = synapses.pricing(batch: samples)
        var energies: [EnergyRatios] = []
        for count in counts {
            total += count
            energies.append(
                EnergyRatios(total, dense: priced.dense, samples: samples / (priced.samples * simulator.batching.samplesPerRun), prices: prices))
        }
        let graph = simulator.network.graph
        return Fidelity(
            samples: samples,
            steps: steps.enumerated().map { index, step in
                let all = graph.outputs.map { comparisons[$0.name]! }
                let errors = all.map { $0.error(index) }
                return Fidelity.Step(
                    step: step, agreement: classes.flatMap { comparisons[$0]!.agreement(index) },
                    error: errors.contains(nil) ? nil : errors.compactMap(\.self).max(),
                    unexplained: all.compactMap { $0.unexplained(index) }.max(), energy: energies[step - 1].exact,
                    strictEnergy: energies[step - 1].strict)
            }, grades: simulator.network.grades)
    }

    /// Whether the first axis of an output counts samples.
    private static func isSample(_ length: SymbolicLength?, _ batching: Batching) -> Bool {
        if case .fixed(let fixed) = batching.rule { return length == SymbolicLength(fixed) }
        return length == .batch
    }

    /// The output that holds a value per class, where just one does.
    static func classOutput(of graph: Graph) -> String? {
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
    private let steps: [Int]
    /// By step, `‖SNN − ANN‖²`, and how many answers agree.
    private var differences: [Double]
    private var agreements: [Int]

    init(at steps: [Int], countsAnswers: Bool, samplesAreRows: Bool) {
        self.steps = steps
        differences = steps.map { _ in 0 }
        agreements = steps.map { _ in 0 }
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
        for (index, step) in steps.enumerated() {
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
