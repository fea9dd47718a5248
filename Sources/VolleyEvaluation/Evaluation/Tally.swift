internal import OrderedCollections
internal import VolleySimulation
internal import VolleySpiking
internal import VolleyTensors

/// The running sums of an evaluation: whole numbers only, so that they can be kept and continued, and so that neither
/// batches nor threads change them.
struct Tally: Sendable, Hashable, Codable {
    struct Hits: Sendable, Hashable, Codable {
        var top1 = 0
        var top5 = 0

        mutating func count(_ rank: Int) {
            if rank == 0 { top1 += 1 }
            if rank < 5 { top5 += 1 }
        }

        func isPossible(of samples: Int) -> Bool { 0...samples ~= top5 && 0...top5 ~= top1 }
    }

    /// Samples that were looked at, skipped ones included, and those that were measured.
    var position = 0
    var samples = 0
    var skipped: [SkippedSample] = []
    /// nil where the ANN is left out.
    var ann: Hits?
    var steps: [Hits]
    /// By step, how often the spiking network gave the ANN's answer; nil where the ANN is left out.
    var agreements: [Int]?
    var counts: [OperationCounts]
    var spikes: [String: [[Int64]]] = [:]
    /// What was answered after the last time-step, or where samples stop at the largest margin.
    var answers: AnswerTally
    /// By margin, where samples stop early: then there are no sums by step.
    var exits: [ExitTally]?
    /// How far rounded weights move each output of the ANN on the first samples; empty for fp32.
    var weightDistances: [String: RelativeDistance] = [:]

    /// - Parameter classes: how many there are.
    init(timeSteps: Int, classes: Int, comparesWithANN: Bool) {
        answers = AnswerTally(classes: classes, comparesWithANN: comparesWithANN)
        steps = Array(repeating: Hits(), count: timeSteps)
        if comparesWithANN { (ann, agreements) = (Hits(), Array(repeating: 0, count: timeSteps)) }
        counts = Array(repeating: OperationCounts(), count: timeSteps)
    }

    /// Of samples that stop early.
    init(timeSteps: Int, margins: [Double], classes: Int, comparesWithANN: Bool) {
        self.init(timeSteps: 0, classes: classes, comparesWithANN: comparesWithANN)
        exits = margins.map { _ in ExitTally(timeSteps: timeSteps) }
    }

    /// Whether these can be sums over the first samples of so many.
    /// - Parameters:
    ///   - empty: what they began as.
    ///   - sites: by name the neurons and the levels of each.
    func isPossible(beside empty: Tally, among count: Int, sites: [String: (neurons: Int, codes: Int)]) -> Bool {
        let (samples, timeSteps) = (samples, empty.steps.count)
        func isPossible(_ hits: Hits) -> Bool { hits.isPossible(of: samples) }
        let sites = exits == nil ? sites : [:]
        // Adding up what is kept and what is still to come must not overflow.
        let largest = Int.max / (4 * max(1, timeSteps))
        return 0...count ~= position && 0...position ~= samples && skipped.count == position - samples
            && (ann == nil) == (empty.ann == nil) && ann.map(isPossible) ?? true
            && steps.count == timeSteps && steps.allSatisfy(isPossible)
            && agreements?.count == empty.agreements?.count && agreements?.allSatisfy { 0...samples ~= $0 } ?? true
            && counts.count == timeSteps && counts.allSatisfy { $0.isPossible(atMost: largest) }
            && answers.isPossible(beside: empty.answers, samples: samples, right: (exits?.last?.hits ?? steps.last)?.top1, ann: ann?.top1)
            && exits?.count == empty.exits?.count
            && zip(exits ?? [], empty.exits ?? []).allSatisfy { $0.isPossible(timeSteps: $1.stops.count, samples: samples) }
            && (samples == 0 ? spikes.isEmpty : Set(spikes.keys) == Set(sites.keys))
            && spikes.allSatisfy { name, steps in
                guard let site = sites[name], steps.count == timeSteps else { return false }
                // A neuron sends one code in a step at most.
                return steps.allSatisfy { levels in
                    levels.count == site.codes
                        && levels.allSatisfy { 0...Int64(site.neurons) * Int64(samples) ~= $0 }
                }
            }
    }

    /// Counts the samples of a batch and those left out of it.
    mutating func add(_ batch: Batch) {
        position = batch.indices.upperBound
        skipped += batch.skipped
        samples += batch.samples.count
    }

    /// Counts the answers for the samples of a batch.
    /// - Parameters:
    ///   - labels: the class of each sample.
    ///   - annLogits: finite, `[N, classes]`; nil where the ANN is left out.
    ///   - result: its output of that name is finite and holds `[T, N, classes]`.
    mutating func add(_ labels: [Int], annLogits: Tensor?, result: SimulationResult, output: String) {
        let logits = result.outputs[output]!
        let classes = logits.count / max(1, steps.count * labels.count)
        let answers = annLogits?.argmaxOfRows()
        for (row, label) in labels.enumerated() {
            if let annLogits { ann?.count(Self.rank(of: label, annLogits.values, row * classes, classes)) }
            for step in steps.indices {
                let start = (step * labels.count + row) * classes
                steps[step].count(Self.rank(of: label, logits.values, start, classes))
                if let answers, Self.rank(of: answers[row], logits.values, start, classes) == 0 { agreements?[step] += 1 }
            }
            let last = ((steps.count - 1) * labels.count + row) * classes
            self.answers.add(label, spiking: logits.values.argmax(from: last, count: classes), ann: answers?[row])
        }
        for step in counts.indices { counts[step] += result.steps[step] }
        for (site, levels) in result.spikes {
            spikes[site] = spikes[site].map { zip($0, levels).map { zip($0, $1).map(+) } } ?? levels
        }
    }

    /// Counts the answers for the samples of a batch that each stop as soon as the softmax margin reaches a threshold, for some of them.
    /// - Parameters:
    ///   - annLogits: finite, `[N, classes]`; nil where the ANN is left out.
    ///   - runs: each of one sample, and of as many steps as the largest threshold takes.
    mutating func add(_ labels: [Int], annLogits: Tensor?, runs: [StoppedRun], output: String, thresholds: [Double]) {
        let answers = annLogits?.argmaxOfRows()
        for (row, (label, run)) in zip(labels, runs).enumerated() {
            if let annLogits {
                let classes = annLogits.shape.rowCount
                ann?.count(Self.rank(of: label, annLogits.values, row * classes, classes))
            }
            let logits = run.result.outputs[output]!
            let classes = logits.count / run.timeSteps
            let margins = (0..<run.timeSteps).map { SoftmaxMargin.margin(of: logits.values[$0 * classes..<($0 + 1) * classes]) }
            let stop = SoftmaxMargin.firstStep(reaching: thresholds.last!, in: margins) ?? run.timeSteps
            self.answers.add(label, spiking: logits.values.argmax(from: (stop - 1) * classes, count: classes), ann: answers?[row])
            for (index, threshold) in thresholds.enumerated() {
                exits?[index].add(run, threshold: threshold, margins: margins, logits: logits, label: label, answer: answers?[row])
            }
        }
    }

    /// How many classes come before `label`: those with a larger value, and of equal ones those that stand earlier. What is
    /// not a number comes before everything, so that it is never counted as right.
    static func rank(of label: Int, _ values: [Float], _ start: Int, _ classes: Int) -> Int {
        let own = values[start + label]
        var rank = 0
        for index in 0..<classes where index != label || own.isNaN {
            let value = values[start + index]
            let comesAfter = value < own || (value == own && index > label)
            if !comesAfter { rank += 1 }
        }
        return rank
    }
}

extension OperationCounts {
    func isPossible(atMost largest: Int) -> Bool {
        let fields: [KeyPath<OperationCounts, Int>] = [
            \.accumulates, \.paperAccumulates, \.analogMultiplyAccumulates, \.neuronUpdates, \.nonlinearElements, \.scalings, \.spikes,
        ]
        return fields.allSatisfy { 0...largest ~= self[keyPath: $0] }
    }
}
