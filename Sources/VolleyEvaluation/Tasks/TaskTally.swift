/// The running sums of one task over the samples of an evaluation.
///
/// They are whole numbers, ``ExactSum``s, extrema, and records under the index of their sample: none of them depends on the order of
/// samples or on how they are grouped, so that the tallies of parts, joined field by field, are the tally of the whole.
protocol TaskTally: Sendable, Hashable, Codable {
    mutating func add(_ sample: MeasuredSample)
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
