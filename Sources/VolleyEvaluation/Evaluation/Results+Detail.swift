extension Results {
    /// What happens inside the network on a few samples, value by value: where the error enters, and what single neurons send.
    ///
    /// It is computed by the equations as papers write them (`ReferenceSimulator`), with the weights as trained, for all time-steps.
    public struct Detail: Sendable, Hashable, Codable {
        public struct Site: Sendable, Hashable, Codable {
            public var name: String
            /// By time-step `‖φ(t) − a‖ / ‖a‖` over all samples and neurons, with φ(t) the estimate that the site has sent so far and a what
            /// the ANN has there; nil where that is no number.
            public var errors: [Double?]
            /// The same of what arrives at the site; nil where that does not change over time, and so is exact.
            public var arrivingErrors: [Double?]?
        }

        /// What some neurons send for one sample.
        public struct Raster: Sendable, Hashable, Codable {
            public struct Train: Sendable, Hashable, Codable {
                public var site: String
                /// Its place among those of the site.
                public var neuron: Int
                /// By time-step the code that it sends, 0 for nothing.
                public var codes: [Int8]
            }

            /// What the sample is called.
            public var sample: String
            public var trains: [Train]
        }

        /// How many samples all this rests on: the first ones that were measured.
        public var samples: Int
        /// Of the output that is read, as of a site.
        public var outputErrors: [Double?]
        /// In the order of the network.
        public var sites: [Site]
        public var raster: Raster

        /// From this relative error on a site is said to diverge from the ANN.
        public static let divergence = 0.1

        /// The first site whose estimate is off by ``divergence`` or more after the last time-step; nil where none is.
        public var firstDiverging: Site? {
            sites.first { site in site.errors.last.map { error in error.map { $0 >= Self.divergence } ?? true } ?? false }
        }

        /// The site whose estimate is further off after the last time-step than what arrives there, by the most; nil where none is.
        public var largestOwn: Site? {
            func own(_ site: Site) -> Double {
                guard let error = site.errors.last ?? nil else { return -.infinity }
                let arriving = site.arrivingErrors.map { $0.last ?? nil } ?? 0
                return arriving.map { error - $0 } ?? -.infinity
            }
            return sites.max { own($0) < own($1) }.flatMap { own($0) > 0 ? $0 : nil }
        }
    }
}
