/// The sums that the findings of a site are made of, over samples.
struct SiteSums: Sendable {
    private var values = 0
    private var squares = 0.0
    private var annSquares = 0.0
    /// `Σ (φ − x)`, and `Σ (φ − x)²` of all values, of clipped and of silent ones; `Σ (x − a)²` and `Σ (φ − a)²`.
    private var shift = 0.0
    private var own = 0.0
    private var clippedOwn = 0.0
    private var silentOwn = 0.0
    private var arriving = 0.0
    private var both = 0.0
    private var above = 0
    private var below = 0
    private var overshoot: Double? = 0
    private var silent = 0
    private var saturated = 0
    private var spikes = 0
    private var steps = 0
    /// By neuron.
    private var fired: [Bool] = []

    /// - Parameters:
    ///   - estimate: φ after the last time-step; `expected` is x, and `ann` a.
    ///   - reach: the largest estimate that there can be, and the size of the smallest one.
    init(estimate: [Float], expected: [Float], ann: [Float], train: SiteTrain, reach: (positive: Double, negative: Double)) {
        values = estimate.count
        fired = train.fired
        saturated = train.largest.count { $0 != 0 }
        (spikes, steps) = (train.spikes, train.steps)
        for index in estimate.indices {
            let (sent, value, trained) = (Double(estimate[index]), Double(expected[index]), Double(ann[index]))
            let difference = (sent - value) * (sent - value)
            squares += value * value
            annSquares += trained * trained
            shift += sent - value
            own += difference
            arriving += (value - trained) * (value - trained)
            both += (sent - trained) * (sent - trained)
            let side = value < 0 ? reach.negative : reach.positive
            // What lies on the top but for rounding is not above it.
            if abs(value) > side * (1 + 1e-6) {
                if value < 0 { below += 1 } else { above += 1 }
                clippedOwn += difference
            } else if !train.fired[index], value != 0 {
                silent += 1
                silentOwn += difference
            }
            if value != 0 { note(abs(value), of: side) }
        }
    }

    private mutating func note(_ size: Double, of side: Double) {
        guard let known = overshoot, side > 0 else { return overshoot = nil }
        overshoot = max(known, size / side)
    }

    static func += (sum: inout SiteSums, next: SiteSums) {
        sum.values += next.values
        sum.squares += next.squares
        sum.annSquares += next.annSquares
        sum.shift += next.shift
        sum.own += next.own
        sum.clippedOwn += next.clippedOwn
        sum.silentOwn += next.silentOwn
        sum.arriving += next.arriving
        sum.both += next.both
        sum.above += next.above
        sum.below += next.below
        sum.overshoot = sum.overshoot.flatMap { known in next.overshoot.map { max(known, $0) } }
        sum.silent += next.silent
        sum.saturated += next.saturated
        sum.spikes += next.spikes
        for index in sum.fired.indices where next.fired[index] { sum.fired[index] = true }
    }

    func finding(_ site: String, readers: [String], neurons: Int, layer: NeuronLayer) -> SiteFinding {
        let count = Double(max(1, values))
        let root = (squares / count).squareRoot()
        return SiteFinding(
            site: site, readers: readers, neurons: neurons, thresholds: layer.model.summary, ownError: Self.relative(own, squares),
            arrivingError: Self.relative(arriving, annSquares), error: Self.relative(both, annSquares),
            clipped: part(above + below, clippedOwn), above: Double(above) / count, below: Double(below) / count, overshoot: overshoot,
            silent: part(silent, silentOwn), size: layer.isSilent || !root.isFinite ? nil : root / Double(layer.smallestValue),
            dead: Double(fired.count { !$0 }) / Double(max(1, fired.count)), saturated: Double(saturated) / count,
            bias: root > 0 && shift.isFinite ? shift / count / root : nil, firingRate: Double(spikes) / count / Double(max(1, steps)))
    }

    private func part(_ number: Int, _ error: Double) -> SiteFinding.Part {
        .init(values: Double(number) / Double(max(1, values)), error: own > 0 && own.isFinite ? error / own : 0)
    }

    /// What is 0 is missed wholly by anything else; nil where an estimate is not finite.
    private static func relative(_ difference: Double, _ squares: Double) -> Double? {
        guard difference.isFinite, squares.isFinite else { return nil }
        return squares > 0 ? (difference / squares).squareRoot() : difference > 0 ? 1 : 0
    }
}

/// What the neurons of a site sent, time-step after time-step.
struct SiteTrain {
    private(set) var steps = 0
    private(set) var spikes = 0
    /// By neuron, whether it fired, and the largest code of a sign where it sent nothing else; 0 otherwise.
    private(set) var fired: [Bool]
    private(set) var largest: [Int8]
    private let alphabet: Alphabet
    private let ends: [Int8]

    init(_ alphabet: Alphabet, neurons: Int) {
        self.alphabet = alphabet
        fired = [Bool](repeating: false, count: neurons)
        largest = [Int8](repeating: 0, count: neurons)
        let coded = zip(alphabet.codes, alphabet.values)
        ends = [
            coded.filter { $0.1 > 0 }.max { $0.1 < $1.1 }?.0, coded.filter { $0.1 < 0 }.min { $0.1 < $1.1 }?.0,
        ].compactMap(\.self)
    }

    mutating func add(_ codes: [Int8]) {
        for (index, code) in codes.enumerated() {
            if code != 0 { fired[index] = true }
            if steps == 0 {
                largest[index] = ends.contains(code) ? code : 0
            } else if code != largest[index] {
                largest[index] = 0
            }
        }
        spikes += alphabet.spikeCount(alphabet.counts(of: codes))
        steps += 1
    }
}
