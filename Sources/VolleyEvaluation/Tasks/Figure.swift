extension Evaluation {
    /// A number that a task says after every time-step.
    public struct Figure: Sendable, Hashable {
        /// How it is written.
        public enum Style: Sendable { case fraction, number }
        /// Which values are good.
        public enum Aim: Sendable { case high, low }

        /// Its name in result files.
        public let key: String
        /// Its name in tables.
        public let title: String
        public let style: Style
        public let aim: Aim
        /// Whether the ANN has it too. Otherwise it is relative to the ANN, and stands at `ideal` there.
        public let isOfANN: Bool
        public let unit: String
        /// How it is counted, in a sentence.
        public let meaning: String

        /// What it would be for the ANN itself where it compares with the ANN.
        public var ideal: Double? { isOfANN ? nil : aim == .high || self == .perplexityRatio ? 1 : 0 }

        public static let top1 = Figure(
            key: "top1", title: "top-1", style: .fraction, aim: .high, isOfANN: true, unit: "fraction of samples",
            meaning: "The label is the largest estimate.")
        public static let top5 = Figure(
            key: "top5", title: "top-5", style: .fraction, aim: .high, isOfANN: true, unit: "fraction of samples",
            meaning: "The label is among the five largest estimates.")
        public static let agreement = Figure(
            key: "agreement", title: "agreement", style: .fraction, aim: .high, isOfANN: false, unit: "fraction of positions, or of samples",
            meaning: "The largest estimate is where the ANN's largest output is.")
        public static let relativeError = Figure(
            key: "relativeError", title: "relative error", style: .number, aim: .low, isOfANN: false, unit: "fraction",
            meaning: "‖estimate − ANN‖ / ‖ANN‖ of what is compared, over all samples.")
        public static let meanCosine = Figure(
            key: "meanCosine", title: "mean cosine", style: .number, aim: .high, isOfANN: false, unit: "cosine",
            meaning: "The cosine of a sample's vector to the ANN's, the mean over samples; 0 where one of them is 0.")
        public static let lowestCosine = Figure(
            key: "lowestCosine", title: "lowest cosine", style: .number, aim: .high, isOfANN: false, unit: "cosine",
            meaning: "The smallest of these cosines.")
        public static let rankCorrelation = Figure(
            key: "rankCorrelation", title: "rank correlation", style: .number, aim: .high, isOfANN: false, unit: "correlation",
            meaning: "Spearman's of the cosines of all pairs of samples, the spiking network's beside the ANN's.")
        public static let perplexity = Figure(
            key: "perplexity", title: "perplexity", style: .number, aim: .low, isOfANN: true, unit: "tokens",
            meaning: "e to the negative log likelihood.")
        public static let perplexityRatio = Figure(
            key: "perplexityRatio", title: "× ANN", style: .number, aim: .low, isOfANN: false, unit: "multiple of the ANN's",
            meaning: "The perplexity over the ANN's.")
        public static let negativeLogLikelihood = Figure(
            key: "negativeLogLikelihood", title: "nats/token", style: .number, aim: .low, isOfANN: true, unit: "nats per token",
            meaning: "−log softmax(logits)[next token], the mean over all tokens that count.")
        public static let nextTokenAccuracy = Figure(
            key: "nextTokenAccuracy", title: "next token", style: .fraction, aim: .high, isOfANN: true, unit: "fraction of tokens",
            meaning: "The next token is the largest estimate.")
        public static let meanAbsoluteError = Figure(
            key: "meanAbsoluteError", title: "MAE", style: .number, aim: .low, isOfANN: true, unit: "units of the label",
            meaning: "|estimate − label|, the mean over samples and elements.")
        public static let rootMeanSquareError = Figure(
            key: "rootMeanSquareError", title: "RMSE", style: .number, aim: .low, isOfANN: true, unit: "units of the label",
            meaning: "The root of the mean of (estimate − label)² over samples and elements.")
        public static let determination = Figure(
            key: "determination", title: "R²", style: .number, aim: .high, isOfANN: true, unit: "fraction of the labels' variance",
            meaning: "1 − Σ (label − estimate)² / Σ (label − mean label)², the mean taken for each element of the output.")
    }
}
