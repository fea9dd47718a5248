/// Why a spiking network answers otherwise than its ANN, site by site, and what would help: what `Verification` finds.
public struct Diagnosis: Sendable, Hashable, Codable {
    /// The method that made the network, and how its neurons send.
    public var method: String
    public var coding: Coding
    /// What the data is called, how many of its samples were looked at, and how many of the others calibrated what was tried.
    public var data: String
    public var samples: Int
    public var otherSamples: Int
    /// T: the time-step whose answers count.
    public var timeSteps: Int
    /// The network as it is.
    public var figures: AnswerFigures
    /// The ANN's accuracy; nil without labels.
    public var annAccuracy: Double?
    /// Why there is no accuracy though the data may have labels; nil where there is one.
    public var labelsNote: String?
    /// The largest output error with which nothing is looked for.
    public var tolerance: Double
    /// Those that change the outputs most come first.
    public var sites: [SiteFinding]
    /// On how many samples those sites were chosen that were left out and left alone one after the other; nil where these are all sites.
    public var rankingSamples: Int?
    /// Ranked by the error that is left, the cheaper first among equals.
    public var advice: [Advice]
    /// What was tried as well and does not help, or cannot be done, and why.
    public var rejected: [Rejected]

    public struct Rejected: Sendable, Hashable, Codable {
        public var summary: String
        public var reason: String
    }

    /// Whether the outputs are as close to the ANN's as was asked for.
    public var isGood: Bool { figures.error.map { $0 <= tolerance } ?? false }

    /// What was found at the site of that name.
    public func site(_ name: String) -> SiteFinding? { sites.first { $0.site == name } }
}
