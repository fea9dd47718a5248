internal import OrderedCollections
internal import VolleySimulation
internal import VolleySpiking
internal import VolleyTensors

/// How often the right class is found, for every sample or for every position.
struct ClassificationTally: TaskTally {
    struct Hits: Sendable, Hashable, Codable {
        var top1 = 0
        var top5 = 0

        mutating func count(_ rank: Int) {
            if rank == 0 { top1 += 1 }
            if rank < 5 { top5 += 1 }
        }

        static func += (hits: inout Hits, other: Hits) {
            hits.top1 += other.top1
            hits.top5 += other.top5
        }

        func isPossible(of samples: Int) -> Bool { 0...samples ~= top5 && 0...top5 ~= top1 }
    }

    /// What was classified: samples, or positions that count.
    private(set) var counted = 0
    /// nil where the ANN is left out.
    private(set) var ann: Hits?
    private(set) var steps: [Hits]
    /// By step, how often the spiking network gave the ANN's answer; nil where the ANN is left out.
    private(set) var agreements: [Int]?
    /// What was answered after the last time-step, or where samples stop at the largest margin.
    private(set) var answers: AnswerTally
    /// By margin, where samples stop early: then there are no sums by step.
    private(set) var exits: [ExitTally]?
    /// Positions of one sample.
    private let most: Int

    /// - Parameter shape: `[…, classes]` of one sample.
    init(timeSteps: Int, shape: Shape, comparesWithANN: Bool) {
        let classes = shape.dimensions.last ?? 1
        most = shape.count / classes
        answers = AnswerTally(classes: classes, comparesWithANN: comparesWithANN)
        steps = Array(repeating: Hits(), count: timeSteps)
        if comparesWithANN { (ann, agreements) = (Hits(), Array(repeating: 0, count: timeSteps)) }
    }

    /// Of samples that stop early.
    init(timeSteps: Int, margins: [Double], shape: Shape, comparesWithANN: Bool) {
        self.init(timeSteps: 0, shape: shape, comparesWithANN: comparesWithANN)
        exits = margins.map { _ in ExitTally(timeSteps: timeSteps) }
    }

    static func += (tally: inout ClassificationTally, other: ClassificationTally) {
        tally.counted += other.counted
        tally.ann.add(other.ann, by: +=)
        tally.steps.add(other.steps, by: +=)
        tally.agreements.add(other.agreements) { $0.add($1, by: +=) }
        tally.answers += other.answers
        tally.exits.add(other.exits) { $0.add($1, by: +=) }
    }

    func isPossible(beside empty: ClassificationTally, samples: Int) -> Bool {
        let (counted, timeSteps) = (counted, empty.steps.count)
        return most == empty.most && 0...samples * most ~= counted && (most > 1 || counted == samples)
            && (ann == nil) == (empty.ann == nil) && ann?.isPossible(of: counted) ?? true
            && steps.count == timeSteps && steps.allSatisfy { $0.isPossible(of: counted) }
            && agreements?.count == empty.agreements?.count && agreements?.allSatisfy { 0...counted ~= $0 } ?? true
            && answers.isPossible(beside: empty.answers, samples: counted, right: (exits?.last?.hits ?? steps.last)?.top1, ann: ann?.top1)
            && exits?.count == empty.exits?.count
            && zip(exits ?? [], empty.exits ?? []).allSatisfy { $0.isPossible(timeSteps: $1.stops.count, samples: samples) }
    }

    mutating func add(_ sample: MeasuredSample) {
        let width = sample.width
        for (position, label) in sample.targets.enumerated() where label >= 0 {
            counted += 1
            let answer = sample.ann?.row(position, of: width).largest
            if let answers = sample.ann { ann?.count(Self.rank(of: label, answers.row(position, of: width))) }
            for (step, estimates) in sample.steps.enumerated() {
                let row = estimates.row(position, of: width)
                steps[step].count(Self.rank(of: label, row))
                if let answer, Self.rank(of: answer, row) == 0 { agreements?[step] += 1 }
            }
            answers.add(label, spiking: sample.steps.last!.row(position, of: width).largest, ann: answer)
        }
    }

    /// A sample that stops as soon as the softmax margin reaches a threshold.
    struct StoppedSample {
        var label: Int
        /// The ANN's logits, finite; nil where it is left out.
        var ann: ArraySlice<Float>?
        /// Of as many steps as the largest threshold takes.
        var run: StoppedRun
    }

    /// Counts a sample that stops at each of some thresholds.
    mutating func add(_ sample: StoppedSample, output: String, thresholds: [Double]) {
        let (label, run, answer) = (sample.label, sample.run, sample.ann?.largest)
        counted += 1
        if let logits = sample.ann { ann?.count(Self.rank(of: label, logits)) }
        let logits = run.result.outputs[output]!
        let classes = logits.count / run.timeSteps
        let margins = (0..<run.timeSteps).map { SoftmaxMargin.margin(of: logits.values[$0 * classes..<($0 + 1) * classes]) }
        let stop = SoftmaxMargin.firstStep(reaching: thresholds.last!, in: margins) ?? run.timeSteps
        self.answers.add(label, spiking: logits.values.argmax(from: (stop - 1) * classes, count: classes), ann: answer)
        for (index, threshold) in thresholds.enumerated() {
            exits?[index].add(run, threshold: threshold, margins: margins, logits: logits, label: label, answer: answer)
        }
    }

    /// How many classes come before `label`: those with a larger value, and of equal ones those that stand earlier. What is
    /// not a number comes before everything, so that it is never counted as right.
    static func rank(of label: Int, _ values: ArraySlice<Float>) -> Int {
        let own = values[values.startIndex + label]
        var rank = 0
        for (index, value) in values.enumerated() where index != label || own.isNaN {
            let comesAfter = value < own || (value == own && index > label)
            if !comesAfter { rank += 1 }
        }
        return rank
    }

    func result(samples: Int) -> TaskResult {
        let count = Double(counted)
        func figures(_ hits: Hits, _ agreements: Int?) -> [String: Double] {
            [String: Double]([
                .top1: Double(hits.top1) / count, .top5: Double(hits.top5) / count, .agreement: agreements.map { Double($0) / count },
            ])
        }
        return TaskResult(
            counted: counted, ann: ann.map { figures($0, nil) } ?? [:], steps: steps.indices.map { figures(steps[$0], agreements?[$0]) })
    }
}
