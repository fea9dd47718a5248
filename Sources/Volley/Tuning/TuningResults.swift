/// What a tuning found: every candidate with its figures, which of them nothing beats, and which one keeps to the bound.
public struct TuningResults: Sendable, Hashable, Codable {
    /// A candidate after `step` time-steps, on samples that it was not calibrated on.
    public struct Point: Sendable, Hashable, Codable {
        public var step: Int
        /// `‖ŷ − y‖ / ‖y‖` of the outputs ŷ beside the ANN's y, of the output where it is largest; nil where an estimate is not finite.
        public var loss: Double?
        /// The part of the samples whose largest output is the ANN's; nil unless one output is [N, classes].
        public var agreement: Double?
        /// The energy of steps 1…t as a multiple of the ANN's, `EnergyRatios.exact` and `strict`.
        public var energy: Double
        public var strictEnergy: Double
    }

    /// Wall time on the machine that measured. It differs from run to run.
    public struct Times: Sendable, Hashable, Codable {
        public var conversionSeconds: Double
        public var measuringSeconds: Double
        /// By point, what a sample takes when so many time-steps are run.
        public var millisecondsPerSample: [Double]
    }

    public struct Entry: Sendable, Hashable, Codable {
        /// As lists of methods take it.
        public var label: String
        public var method: String
        /// Everything that was set, by name.
        public var settings: [String: String]
        public var grades: SpikeGrades
        public var points: [Point]
        public var times: Times
    }

    /// A candidate that gave no network, and why.
    public struct Unfit: Sendable, Hashable, Codable {
        public var label: String
        public var reason: String
    }

    /// A point of a candidate.
    public struct Choice: Sendable, Hashable, Codable {
        public var label: String
        public var step: Int

        public init(label: String, step: Int) { (self.label, self.step) = (label, step) }
    }

    public var version = volleyVersion
    public var model: String?
    /// What the calibration data is called, and how many of its samples each half has.
    public var data: String
    public var calibrationSamples: Int
    public var heldOutSamples: Int
    public var calibrationDigest: String
    public var heldOutDigest: String
    public var prices: EnergyPrices
    public var steps: [Int]
    public var threads: Int
    public var bound: TuningBound?
    public var entries: [Entry] = []
    public var unfit: [Unfit] = []
    /// By ascending energy.
    public internal(set) var front: [Choice] = []
    /// nil without a bound, or where nothing keeps to it.
    public internal(set) var chosen: Choice?

    /// The entry and point of a choice.
    public subscript(_ choice: Choice) -> (entry: Entry, point: Point, milliseconds: Double)? {
        guard let entry = entries.first(where: { $0.label == choice.label }),
            let index = entry.points.firstIndex(where: { $0.step == choice.step })
        else { return nil }
        return (entry, entry.points[index], entry.times.millisecondsPerSample[index])
    }

    /// All points that have a loss, in the order of the candidates.
    static func points(of entries: [Entry]) -> [(choice: Choice, entry: Entry, point: Point, loss: Double)] {
        entries.flatMap { entry in
            entry.points.compactMap { point in point.loss.map { (Choice(label: entry.label, step: point.step), entry, point, $0) } }
        }
    }

    /// The points that no other one beats: none has less loss at no more energy. Of equal ones the first in ``points(of:)`` stands for all.
    static func front(of entries: [Entry]) -> [Choice] {
        let sorted = points(of: entries).enumerated().sorted {
            ($0.element.point.energy, $0.element.loss, $0.offset) < ($1.element.point.energy, $1.element.loss, $1.offset)
        }
        var (found, least) = ([Choice](), Double.infinity)
        for (_, candidate) in sorted where candidate.loss < least {
            found.append(candidate.choice)
            least = candidate.loss
        }
        return found
    }

    mutating func settle() {
        front = Self.front(of: entries)
        chosen = bound.flatMap { $0.choice(of: entries) }
    }
}

/// What the chosen network must keep to.
public enum TuningBound: Sendable, Hashable, Codable {
    /// The largest loss: of the networks within it the one with the least energy is chosen.
    case loss(Double)
    /// The largest energy, as a multiple of the ANN's: of the networks within it the one with the smallest loss is chosen.
    case energy(Double)

    func holds(_ loss: Double, _ energy: Double) -> Bool {
        switch self {
        case .loss(let most): loss <= most
        case .energy(let most): energy <= most
        }
    }

    /// The best point that keeps to it; nil where none does.
    func choice(of entries: [TuningResults.Entry]) -> TuningResults.Choice? {
        let allowed = TuningResults.points(of: entries).filter { holds($0.loss, $0.point.energy) }
        return allowed.enumerated().min { a, b in
            let (first, second) = (a.element, b.element)
            return switch self {
            case .loss: (first.point.energy, first.loss, a.offset) < (second.point.energy, second.loss, b.offset)
            case .energy: (first.loss, first.point.energy, a.offset) < (second.loss, second.point.energy, b.offset)
            }
        }?.element.choice
    }
}
