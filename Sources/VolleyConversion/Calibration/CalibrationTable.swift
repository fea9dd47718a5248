public import OrderedCollections

/// What calibration found: for every site and batch the quantiles that thresholds are made from (semantics 7).
public struct CalibrationTable: Sendable, Hashable, Codable {
    /// The sizes of the p-quantile and of the (1−p)-quantile of one batch: θ1 and θ2 before averaging.
    public struct Quantiles: Sendable, Hashable, Codable {
        public var positive: Float
        public var negative: Float

        public init(positive: Float, negative: Float) {
            self.positive = positive
            self.negative = negative
        }
    }

    public struct Site: Sendable, Hashable, Codable {
        /// By batch, in file order.
        public var batches: [Quantiles]
        public var minimum: Float
        public var maximum: Float

        public init(batches: [Quantiles], minimum: Float, maximum: Float) {
            self.batches = batches
            self.minimum = minimum
            self.maximum = maximum
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
    }

    /// p, 0…1.
    public var quantile: Double
    public var sampleCount: Int
    public var sites: OrderedDictionary<String, Site>

    public init(quantile: Double, sampleCount: Int, sites: OrderedDictionary<String, Site>) {
        self.quantile = quantile
        self.sampleCount = sampleCount
        self.sites = sites
    }

    /// Appends the batches of another part of the calibration data.
    /// - Throws: ``ConversionError`` when the other table is of another quantile or another network.
    public mutating func merge(_ other: CalibrationTable) throws {
        guard other.quantile == quantile, other.sites.keys == sites.keys else {
            throw ConversionError(.badSettings, "two calibrations of different networks or quantiles cannot be merged")
        }
        sampleCount += other.sampleCount
        for (name, site) in other.sites {
            sites[name]!.batches += site.batches
            sites[name]!.minimum = min(sites[name]!.minimum, site.minimum)
            sites[name]!.maximum = max(sites[name]!.maximum, site.maximum)
        }
    }
}
