internal import VolleyTensors

/// How far numbers are from those that were asked for.
struct RegressionTally: TaskTally {
    private struct Errors: Sendable, Hashable, Codable {
        var absolute = ExactSum()
        var square = ExactSum()

        mutating func add(_ found: ArraySlice<Float>, _ labels: ArraySlice<Float>) {
            var (absolute, square) = (0.0, 0.0)
            for (found, label) in zip(found, labels) {
                let error = Double(found) - Double(label)
                absolute += abs(error)
                square += error * error
            }
            self.absolute += absolute
            self.square += square
        }

        static func += (errors: inout Errors, other: Errors) {
            errors.absolute += other.absolute
            errors.square += other.square
        }

        var isPossible: Bool { absolute.value >= 0 && square.value >= 0 }
    }

    /// What a label was, to know its variance.
    private struct Moments: Sendable, Hashable, Codable {
        var sum = ExactSum()
        var square = ExactSum()

        static func += (moments: inout Moments, other: Moments) {
            moments.sum += other.sum
            moments.square += other.square
        }

        /// `Σ (label − mean label)²`.
        func variation(of count: Int) -> Double {
            let variation = square.value - sum.value * sum.value / Double(count)
            // What is left where all labels are equal is rounding.
            return variation > 1e-12 * square.value ? variation : 0
        }
    }

    /// For outputs of more elements than this their labels' variance is not taken, and so no R².
    static let mostElements = 4096

    private var samples = 0
    private let elements: Int
    /// nil where the ANN is left out.
    private var ann: Errors?
    /// By time-step.
    private var steps: [Errors]
    private var relative: [RelativeErrorTally]?
    /// By element of the output.
    private var labels: [Moments]

    init(timeSteps: Int, shape: Shape, comparesWithANN: Bool) {
        elements = shape.count
        steps = Array(repeating: Errors(), count: timeSteps)
        if comparesWithANN { (ann, relative) = (Errors(), Array(repeating: RelativeErrorTally(), count: timeSteps)) }
        labels = Array(repeating: Moments(), count: elements <= Self.mostElements ? elements : 0)
    }

    mutating func add(_ sample: MeasuredSample) {
        samples += 1
        if let found = sample.ann { ann?.add(found, sample.values) }
        for (step, found) in sample.steps.enumerated() {
            steps[step].add(found, sample.values)
            if let ann = sample.ann { relative?[step].add(CollectionOfOne((found: found, ann: ann))) }
        }
        for (element, label) in zip(labels.indices, sample.values) {
            labels[element].sum += Double(label)
            labels[element].square += Double(label) * Double(label)
        }
    }

    static func += (tally: inout RegressionTally, other: RegressionTally) {
        tally.samples += other.samples
        tally.ann.add(other.ann, by: +=)
        tally.steps.add(other.steps, by: +=)
        tally.relative.add(other.relative) { $0.add($1, by: +=) }
        tally.labels.add(other.labels, by: +=)
    }

    func isPossible(beside empty: RegressionTally, samples: Int) -> Bool {
        self.samples == samples && elements == empty.elements && (ann == nil) == (empty.ann == nil) && steps.count == empty.steps.count
            && relative?.count == empty.relative?.count && labels.count == empty.labels.count
            && (steps + [ann].compactMap(\.self)).allSatisfy(\.isPossible) && relative?.allSatisfy(\.isPossible) ?? true
            && labels.allSatisfy { $0.square.value >= 0 }
    }

    func result(samples: Int) -> TaskResult {
        let count = Double(samples * elements)
        let variation = labels.reduce(0) { $0 + $1.variation(of: samples) }
        func figures(_ errors: Errors, _ relative: RelativeErrorTally?) -> [String: Double] {
            [String: Double]([
                .rootMeanSquareError: (errors.square.value / count).squareRoot(), .meanAbsoluteError: errors.absolute.value / count,
                .determination: variation > 0 ? 1 - errors.square.value / variation : nil, .relativeError: relative?.value,
            ])
        }
        return TaskResult(
            counted: samples, ann: ann.map { figures($0, nil) } ?? [:], steps: steps.indices.map { figures(steps[$0], relative?[$0]) })
    }
}
