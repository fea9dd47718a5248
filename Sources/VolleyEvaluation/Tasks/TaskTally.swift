internal import VolleyTensors

/// The running sums of one task over the samples of an evaluation.
///
/// They are whole numbers, ``ExactSum``s, extrema, and records under the index of their sample: none of them depends on the order of
/// samples or on how they are grouped, so that the tallies of parts, joined field by field, are the tally of the whole.
protocol TaskTally: Sendable, Hashable, Codable {
    mutating func add(_ sample: MeasuredSample)
    /// Adds what was tallied of other samples of the same data.
    /// - Precondition: both can be sums that began alike, see `isPossible(beside:samples:)`.
    static func += (tally: inout Self, other: Self)
    /// Whether these can be sums over so many samples that began as `empty`.
    func isPossible(beside empty: Self, samples: Int) -> Bool
    /// What was counted, and the figures of every time-step; nil for a figure that is no number.
    func result(samples: Int) -> TaskResult
}

/// What a tally comes to. Figures are by their keys, see ``Evaluation/Task/figures``.
struct TaskResult {
    /// How many of what the figures are means over: samples, positions, tokens.
    var counted: Int
    var ann: [String: Double] = [:]
    var steps: [[String: Double]]
}

extension [String: Double] {
    /// Leaves out what is no number.
    init(_ figures: KeyValuePairs<Evaluation.Figure, Double?>) {
        self.init(uniqueKeysWithValues: figures.compactMap { figure, value in value.flatMap { $0.isFinite ? (figure.key, $0) : nil } })
    }
}

/// The tally of whichever task there is.
enum AnyTaskTally: Sendable, Hashable, Codable {
    case classification(ClassificationTally)
    case agreement(AgreementTally)
    case embedding(EmbeddingTally)
    case languageModel(LanguageModelTally)
    case regression(RegressionTally)

    mutating func add(_ samples: [MeasuredSample]) {
        switch self {
        case .classification(var tally): self = .classification(Self.adding(samples, to: &tally))
        case .agreement(var tally): self = .agreement(Self.adding(samples, to: &tally))
        case .embedding(var tally): self = .embedding(Self.adding(samples, to: &tally))
        case .languageModel(var tally): self = .languageModel(Self.adding(samples, to: &tally))
        case .regression(var tally): self = .regression(Self.adding(samples, to: &tally))
        }
    }

    /// Of a classification whose samples stop early.
    mutating func add(_ samples: [ClassificationTally.StoppedSample], output: String, thresholds: [Double]) {
        guard case .classification(var tally) = self else { preconditionFailure("only classes stop early") }
        for sample in samples { tally.add(sample, output: output, thresholds: thresholds) }
        self = .classification(tally)
    }

    private static func adding<T: TaskTally>(_ samples: [MeasuredSample], to tally: inout T) -> T {
        for sample in samples { tally.add(sample) }
        return tally
    }

    /// - Precondition: both are of the same task.
    static func += (tally: inout AnyTaskTally, other: AnyTaskTally) {
        switch (tally, other) {
        case (.classification(let own), .classification(let other)): tally = .classification(joined(own, other))
        case (.agreement(let own), .agreement(let other)): tally = .agreement(joined(own, other))
        case (.embedding(let own), .embedding(let other)): tally = .embedding(joined(own, other))
        case (.languageModel(let own), .languageModel(let other)): tally = .languageModel(joined(own, other))
        case (.regression(let own), .regression(let other)): tally = .regression(joined(own, other))
        default: preconditionFailure("only tallies of one task are joined")
        }
    }

    private static func joined<T: TaskTally>(_ own: T, _ other: T) -> T {
        var sum = own
        sum += other
        return sum
    }

    func isPossible(beside empty: AnyTaskTally, samples: Int) -> Bool {
        switch (self, empty) {
        case (.classification(let tally), .classification(let empty)): tally.isPossible(beside: empty, samples: samples)
        case (.agreement(let tally), .agreement(let empty)): tally.isPossible(beside: empty, samples: samples)
        case (.embedding(let tally), .embedding(let empty)): tally.isPossible(beside: empty, samples: samples)
        case (.languageModel(let tally), .languageModel(let empty)): tally.isPossible(beside: empty, samples: samples)
        case (.regression(let tally), .regression(let empty)): tally.isPossible(beside: empty, samples: samples)
        default: false
        }
    }

    /// Of a classification, what is more than figures.
    var classification: ClassificationTally? {
        if case .classification(let tally) = self { tally } else { nil }
    }

    func result(samples: Int) -> TaskResult {
        switch self {
        case .classification(let tally): tally.result(samples: samples)
        case .agreement(let tally): tally.result(samples: samples)
        case .embedding(let tally): tally.result(samples: samples)
        case .languageModel(let tally): tally.result(samples: samples)
        case .regression(let tally): tally.result(samples: samples)
        }
    }
}

extension Array {
    /// Adds the elements of another array, one to one.
    /// - Precondition: there are as many.
    mutating func add(_ other: [Element], by add: (inout Element, Element) -> Void) {
        precondition(count == other.count, "\(count) sums and \(other.count)")
        for (index, element) in zip(indices, other) { add(&self[index], element) }
    }
}

extension Optional {
    /// Adds what another holds: both hold something, or none does.
    mutating func add(_ other: Wrapped?, by add: (inout Wrapped, Wrapped) -> Void) {
        precondition((self == nil) == (other == nil), "both know it or none")
        guard let other else { return }
        add(&self!, other)
    }
}

extension Evaluation.Task {
    /// What a tally begins as.
    /// - Parameters:
    ///   - shape: of one sample's part of the output.
    ///   - count: how many samples there are in all.
    func emptyTally(timeSteps: Int, shape: Shape, of count: Int, comparesWithANN: Bool) -> AnyTaskTally {
        switch self {
        case .classification: .classification(.init(timeSteps: timeSteps, shape: shape, comparesWithANN: comparesWithANN))
        case .agreement: .agreement(.init(timeSteps: timeSteps, shape: shape))
        case .embedding: .embedding(.init(timeSteps: timeSteps, shape: shape, of: count))
        case .languageModel: .languageModel(.init(timeSteps: timeSteps, shape: shape, comparesWithANN: comparesWithANN))
        case .regression: .regression(.init(timeSteps: timeSteps, shape: shape, comparesWithANN: comparesWithANN))
        }
    }
}
