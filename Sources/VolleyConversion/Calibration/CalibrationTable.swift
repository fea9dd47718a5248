public import OrderedCollections

/// What calibration found at every site: the quantiles that thresholds are made from (semantics 7), and the size of the activation.
public struct CalibrationTable: Sendable, Hashable {
    /// The sizes of the p-quantile and of the (1−p)-quantile of one batch: θ1 and θ2 before averaging.
    public struct Quantiles: Sendable, Hashable {
        public var positive: Float
        public var negative: Float

        public init(positive: Float, negative: Float) {
            self.positive = positive
            self.negative = negative
        }
    }

    public struct Site: Sendable, Hashable {
        /// By batch, in the order of the samples.
        public var batches: [Quantiles]
        /// Of all samples; 0 for a site without elements.
        public var minimum: Float
        public var maximum: Float
        /// Nil where it was not asked for.
        public var rootMeanSquare: Float?

        public init(batches: [Quantiles] = [], minimum: Float = 0, maximum: Float = 0, rootMeanSquare: Float? = nil) {
            self.batches = batches
            self.minimum = minimum
            self.maximum = maximum
            self.rootMeanSquare = rootMeanSquare
        }

        /// The plain mean over batches, as the paper has it.
        public var mean: Quantiles {
            Quantiles(positive: mean(\.positive), negative: mean(\.negative))
        }

        /// One size for both signs: the mean over batches of the larger of both.
        public var symmetricMean: Float { mean { max($0.positive, $0.negative) } }

        private func mean(_ value: (Quantiles) -> Float) -> Float {
            Float(batches.reduce(0.0) { $0 + Double(value($1)) } / Double(max(1, batches.count)))
        }

        /// One more batch. A site without elements is silent.
        mutating func add(_ tails: Tails) {
            let quantiles = tails.quantiles() ?? (high: 0, low: -0.0)
            let extremes = tails.extremes() ?? 0...0
            minimum = batches.isEmpty ? extremes.lowerBound : min(minimum, extremes.lowerBound)
            maximum = batches.isEmpty ? extremes.upperBound : max(maximum, extremes.upperBound)
            batches.append(Quantiles(positive: quantiles.high, negative: -quantiles.low))
        }
    }

    public var sampleCount: Int
    public var sites: OrderedDictionary<String, Site>

    public init(sampleCount: Int, sites: OrderedDictionary<String, Site>) {
        self.sampleCount = sampleCount
        self.sites = sites
    }
}
