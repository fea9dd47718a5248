internal import VolleyTensors

extension Evaluation {
    /// What an output is read as, and so what there is to say about it.
    ///
    /// What a task sums up is the same for every order and parting of the samples: it counts in whole numbers, adds up in ``ExactSum``, and
    /// keeps what belongs to a single sample under that sample's index. So tallies of parts join to exactly the tally of the whole.
    public enum Task: String, Sendable, Hashable, Codable, CaseIterable {
        /// `[N, classes]` with a class for every sample, or `[N, …, classes]` with one for every position.
        case classification
        /// `[N, …, classes]` beside the ANN's, without labels.
        case agreement
        /// A vector `[N, d]`, or one for every position `[N, positions, d]` whose mean is taken, beside the ANN's, without labels.
        case embedding
        /// `[N, positions, vocabulary]`: the logits of the next token.
        case languageModel = "language-model"
        /// Numbers of any shape, with labels of the same.
        case regression

        /// Whether it is a comparison with the ANN and nothing else.
        var needsANN: Bool { self == .agreement || self == .embedding }

        /// What it says after every time-step, the most important first. The first one is what energy is set against.
        public var figures: [Figure] {
            switch self {
            case .classification: [.top1, .top5, .agreement]
            case .agreement: [.agreement, .relativeError]
            case .embedding: [.meanCosine, .lowestCosine, .rankCorrelation, .relativeError]
            case .languageModel: [.perplexity, .perplexityRatio, .nextTokenAccuracy, .negativeLogLikelihood]
            case .regression: [.rootMeanSquareError, .meanAbsoluteError, .determination, .relativeError]
            }
        }

        /// The shape that its output has, in words.
        var outputShape: String {
            switch self {
            case .classification: "[N, …, classes] with 2 classes at least"
            case .agreement: "[N, …, classes] with 2 classes at least"
            case .embedding: "[N, d] or [N, positions, d] with vectors of 2 numbers at least"
            case .languageModel: "[N, positions, vocabulary] with 2 positions and 2 tokens at least"
            case .regression: "[N, …]"
            }
        }

        /// - Parameter shape: of one sample's part of an output.
        func fits(_ shape: Shape) -> Bool {
            let (rank, last) = (shape.rank, shape.dimensions.last ?? 1)
            return switch self {
            case .classification, .agreement: rank >= 1 && last >= 2 && shape.count > 0
            case .embedding: (1...2 ~= rank) && last >= 2 && shape.count > 0
            case .languageModel: rank == 2 && shape[0] >= 2 && last >= 2
            case .regression: shape.count > 0
            }
        }
    }
}
