internal import VolleySpiking
internal import VolleyTensors

/// The running sums of an evaluation whose samples stop as soon as the softmax margin reaches a threshold: whole numbers only.
struct ExitTally: Sendable, Hashable, Codable {
    /// By time-step, how many samples stopped there; at the last one also those that never reached the margin.
    var stops: [Int]
    /// How many samples reached the margin.
    var reached = 0
    var hits = ClassificationTally.Hits()
    /// How often the answer was the ANN's.
    var agreements = 0
    /// What all samples cost up to where they stopped, and how long that took one thread.
    var counts = OperationCounts()
    var nanoseconds = 0

    init(timeSteps: Int) { stops = Array(repeating: 0, count: timeSteps) }

    static func += (tally: inout ExitTally, other: ExitTally) {
        tally.stops.add(other.stops, by: +=)
        tally.reached += other.reached
        tally.hits += other.hits
        tally.agreements += other.agreements
        tally.counts += other.counts
        tally.nanoseconds += other.nanoseconds
    }

    /// Whether these can be sums over so many samples.
    func isPossible(timeSteps: Int, samples: Int) -> Bool {
        stops.count == timeSteps && stops.allSatisfy { 0...samples ~= $0 } && stops.reduce(0, +) == samples
            && hits.isPossible(of: samples) && [reached, agreements].allSatisfy { 0...samples ~= $0 }
            && isAddable(parts: 1)
    }

    /// Whether so many such sums can be added up.
    func isAddable(parts: Int) -> Bool {
        let largest = Int.max / (4 * max(1, parts))
        return counts.isPossible(atMost: largest) && 0...largest ~= nanoseconds
    }

    /// Counts a sample.
    /// - Parameters:
    ///   - threshold: the margin at which it stops.
    ///   - margins: by time-step, of as many as were run.
    ///   - logits: `[steps, 1, classes]`.
    ///   - answer: the ANN's.
    mutating func add(_ run: StoppedRun, threshold: Double, margins: [Double], logits: Tensor, label: Int, answer: Int?) {
        let reaching = SoftmaxMargin.firstStep(reaching: threshold, in: margins)
        let step = reaching ?? run.timeSteps
        let classes = logits.count / run.timeSteps
        stops[step - 1] += 1
        if reaching != nil { reached += 1 }
        let found = logits.values[(step - 1) * classes..<step * classes]
        hits.count(ClassificationTally.rank(of: label, found))
        if let answer, ClassificationTally.rank(of: answer, found) == 0 { agreements += 1 }
        for cost in run.result.steps.prefix(step) { counts += cost }
        nanoseconds += Int(run.seconds[step - 1] * 1e9)
    }
}
