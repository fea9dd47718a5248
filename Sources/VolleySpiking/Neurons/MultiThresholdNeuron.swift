public import VolleyTensors

/// The multi-threshold neuron: a ladder of thresholds for each sign, of which at most one fires at a time-step.
///
/// `m(t) = v(t−1) + I(t)`; the neuron sends `x(t) = MTH(m(t))`, one of its thresholds or nothing, and resets, `v(t) = m(t) − x(t)`
/// (semantics 3; Huang et al., *Towards High-performance Spiking Transformers from ANN to SNN Conversion*, MM '24, section 4.3;
/// semantics 3.1b for finer ladders and dead zones).
public struct MultiThresholdNeuron: NeuronModel {
    public static let family = "multi-threshold"

    public static let parameters = [
        NeuronParameter("levels", symbol: "n", unit: "1", standard: "8, or 12 octaves", range: "1…\(NeuronKernel.maximumLevels)"),
        NeuronParameter("direction", standard: "up", range: "up: θ is the smallest threshold; down: the largest"),
        NeuronParameter("positive", symbol: "θ1", unit: "activation", standard: "calibrated", range: "> 0; otherwise the side never fires"),
        NeuronParameter("negative", symbol: "θ2", unit: "activation", standard: "calibrated", range: "> 0; otherwise the side never fires"),
        NeuronParameter("stepsPerOctave", symbol: "m", unit: "1", standard: "1", range: "1, 2, 4, 8"),
        NeuronParameter("rounding", standard: "half-base", range: "half-base, nearest"),
        NeuronParameter("reset", standard: "subtraction", range: "subtraction, zero"),
        NeuronParameter("initialPotential", symbol: "v(0)/λ_1", unit: "smallest positive threshold", standard: "0", range: "−0.5…0.5"),
        NeuronParameter(
            "deadZones", symbol: "δ_t", unit: "activation", standard: "none",
            range: "≥ 0, up to \(NeuronKernel.maximumDeadZones); the last one holds for later time-steps"),
        NeuronParameter("leastPotential", symbol: "m_0", unit: "activation", standard: "0: the smallest threshold says it", range: "≥ 0"),
        NeuronParameter("rootMeanSquare", symbol: "σ", unit: "activation", standard: "calibrated, or unknown", range: "> 0"),
    ]

    /// From which membrane potential on a threshold fires.
    public enum Rounding: String, Sendable, Hashable, Codable, CaseIterable {
        /// `m ≥ λ_p − λ_1/2`: rounds down above the smallest threshold (ECMT).
        case halfBase = "half-base"
        /// `m ≥ λ_p·(1 + 1/r)/2` with `r = 2^{1/m}`: rounds to the nearest threshold, 0.75 λ_p where they double (DCGS).
        case nearest
    }

    public let ladder: ThresholdLadder
    public let rounding: Rounding
    public let reset: Reset
    /// In units of the smallest positive threshold.
    public let initialPotential: Float
    /// `δ_1, δ_2, …` in activation units: at time-step t nothing fires for `|m| < t·δ_t`. The last one holds for later time-steps.
    public let deadZones: [Float]
    /// Of the activation, on calibration data; nil where nobody looked. What neurons send does not depend on it; whole numbers that stand
    /// for their values do (``sendingMultiples()``).
    public let rootMeanSquare: Float?
    /// Nothing fires for `|m|` below it, at no time-step.
    public private(set) var leastPotential: Float
    /// By sign, positive first: the thresholds and from which size of the membrane potential on they fire, smallest first.
    private var sides: [Side]

    private struct Side: Sendable, Hashable {
        var thresholds: [Float]
        var cutoffs: [Float]

        /// The highest level whose cut-off a potential reaches, by bisection; nil for none.
        func level(firingAt size: Float) -> Int? {
            var (reached, missed) = (-1, cutoffs.count)
            while missed - reached > 1 {
                let middle = (reached + missed) / 2
                if size >= cutoffs[middle] { reached = middle } else { missed = middle }
            }
            return reached < 0 ? nil : reached
        }
    }

    public init(
        ladder: ThresholdLadder, rounding: Rounding = .halfBase, reset: Reset = .subtraction, initialPotential: Float = 0,
        deadZones: [Float] = [], leastPotential: Float = 0, rootMeanSquare: Float? = nil
    ) {
        self.ladder = ladder
        self.rounding = rounding
        self.reset = reset
        self.initialPotential = initialPotential
        self.deadZones = deadZones
        self.leastPotential = leastPotential
        self.rootMeanSquare = rootMeanSquare
        sides = ThresholdLadder.Sign.allCases.map { sign in
            let thresholds = ladder.thresholds(sign)
            return Side(thresholds: thresholds, cutoffs: Self.cutoffs(thresholds, ladder, sign, rounding))
        }
    }

    /// The size of the membrane potential from which on each level fires, smallest first; infinity for never.
    private static func cutoffs(
        _ thresholds: [Float], _ ladder: ThresholdLadder, _ sign: ThresholdLadder.Sign, _ rounding: Rounding
    ) -> [Float] {
        guard ladder.fires(sign) else { return thresholds.map { _ in .infinity } }
        return switch rounding {
        case .halfBase: thresholds.map { $0 - thresholds[0] / 2 }
        case .nearest: thresholds.map { Float((1 + 1 / ladder.ratio) / 2) * $0 }
        }
    }

    /// The sizes of the thresholds of one sign, smallest first, and from which size of the membrane potential on each of them fires:
    /// infinity for never.
    public func thresholds(_ sign: ThresholdLadder.Sign) -> [Float] { sides[sign.rawValue].thresholds }
    public func cutoffs(_ sign: ThresholdLadder.Sign) -> [Float] { sides[sign.rawValue].cutoffs.map { max($0, leastPotential) } }

    public var alphabet: Alphabet {
        func values(_ sign: ThresholdLadder.Sign) -> [Float] {
            ladder.fires(sign) ? sides[sign.rawValue].thresholds : sides[sign.rawValue].thresholds.map { _ in 0 }
        }
        // By their places in the ladder: values that were rounded to whole numbers are no powers of two any more.
        let graded = sides[0].thresholds.indices.map { $0 % max(1, ladder.stepsPerOctave) != 0 }
        return Alphabet(positive: values(.positive), negative: values(.negative), graded: graded + graded)
    }

    public var stepsPerOctave: Int { ladder.stepsPerOctave }

    /// `v(0)`, in activation units.
    public var rest: Float {
        initialPotential == 0 ? 0 : initialPotential * (sides[0].thresholds.first ?? 0)
    }

    public func potential(_ state: Float) -> Float { state }

    public func step(_ potential: inout Float, current: Float, time: Int) -> Int8 {
        potential += current
        let (isNegative, size) = (potential < 0, abs(potential))
        if size < leastPotential { return 0 }
        if !deadZones.isEmpty, size < Float(time) * deadZones[min(time, deadZones.count) - 1] { return 0 }
        let side = sides[isNegative ? 1 : 0]
        guard let level = side.level(firingAt: size) else { return 0 }
        switch reset {
        case .subtraction: potential -= isNegative ? -side.thresholds[level] : side.thresholds[level]
        case .zero: potential = 0
        }
        return Int8(isNegative ? -(level + 1) : level + 1)
    }

    public func kernel(_ coding: Coding) -> NeuronKernel? {
        NeuronKernel(
            thresholds: (sides[0].thresholds, sides[1].thresholds), cutoffs: (sides[0].cutoffs, sides[1].cutoffs), initialPotential: rest,
            deadZones: deadZones, leastPotential: leastPotential, differential: coding == .differential, resetsToZero: reset == .zero)
    }

    public var summary: String {
        let zones = deadZones.map { "\(($0 * 10_000).rounded() / 10_000)" }.joined(separator: ", ")
        return "+\(ladder.positive) −\(ladder.negative)" + (ladder.stepsPerOctave > 1 ? ", \(ladder.stepsPerOctave) steps per octave" : "")
            + (zones.isEmpty ? "" : ", silent below \(zones)")
    }

    public func divided(by unit: Float) -> MultiThresholdNeuron {
        var ladder = ladder
        ladder.positive /= unit
        ladder.negative /= unit
        return with(ladder, dividingBy: unit)
    }

    public func joiningSigns(within difference: Float) -> MultiThresholdNeuron? {
        let (positive, negative) = (ladder.positive, ladder.negative)
        guard positive != negative, abs(positive - negative) <= difference * min(positive, negative) else { return nil }
        var joined = ladder
        joined.positive = (positive + negative) / 2
        joined.negative = joined.positive
        return with(joined)
    }

    public func sending(_ values: [Float]) -> MultiThresholdNeuron? {
        precondition(values.count == 2 * ladder.levels, "a value for every code")
        var changed = self
        for sign in ThresholdLadder.Sign.allCases where ladder.fires(sign) {
            let side = values[sign.rawValue * ladder.levels..<(sign.rawValue + 1) * ladder.levels]
            changed.sides[sign.rawValue].thresholds = side.map(abs)
        }
        return changed
    }

    /// The same with another ladder, and what else is in activation units divided by a unit.
    private func with(_ ladder: ThresholdLadder, dividingBy unit: Float = 1) -> MultiThresholdNeuron {
        MultiThresholdNeuron(
            ladder: ladder, rounding: rounding, reset: reset, initialPotential: initialPotential, deadZones: deadZones.map { $0 / unit },
            leastPotential: leastPotential / unit, rootMeanSquare: rootMeanSquare.map { $0 / unit })
    }

    /// `σ / unit` of ``sendingMultiples()``, at least: a byte holds what is smaller than 4 σ, and rounding to a unit, by σ / 110 in the
    /// mean, is small beside the steps of the ladder, a twentieth of what is sent with 4 steps per octave.
    private static let unitsInRootMeanSquare: Float = 32

    public func sendingMultiples() -> MultiThresholdNeuron? {
        let steps = ladder.stepsPerOctave
        guard steps > 1, initialPotential == 0, let rootMeanSquare, rootMeanSquare > 0,
            let sign = ThresholdLadder.Sign.allCases.first(where: ladder.fires)
        else { return nil }
        // So few digits that all multiples are exact floats.
        let unit = Self.rounded(rootMeanSquare / Self.unitsInRootMeanSquare, bits: 8)
        let multiples = ThresholdLadder.Sign.allCases.map { thresholds($0).map { max(1, ($0 / unit).rounded()) } }
        guard unit.isNormal, multiples.joined().allSatisfy({ $0 <= Self.largestMultiple }) else { return nil }
        guard let first = thresholds(sign).firstIndex(where: { $0 > unit / 2 }) else { return nil }
        var changed = sending(multiples.joined().map { $0 * unit })
        changed?.leastPotential = max(leastPotential, cutoffs(sign)[first])
        return changed
    }

    /// A positive number with so many digits behind the first one.
    private static func rounded(_ number: Float, bits: Int) -> Float {
        let place = Float(sign: .plus, exponent: number.exponent - bits, significand: 1)
        return (number / place).rounded() * place
    }

    private static let largestMultiple: Float = 32_767

    public func problem(_ coding: Coding) -> String? {
        if !(1...NeuronKernel.maximumLevels).contains(ladder.levels) {
            return "\(ladder.levels) levels; 1 to \(NeuronKernel.maximumLevels) are possible"
        }
        if !ThresholdLadder.possibleStepsPerOctave.contains(ladder.stepsPerOctave) {
            return "\(ladder.stepsPerOctave) steps per octave; 1, 2, 4 and 8 are possible"
        }
        if deadZones.count > NeuronKernel.maximumDeadZones || !deadZones.allSatisfy({ $0 >= 0 && $0.isFinite }) {
            return "dead zones \(deadZones); up to \(NeuronKernel.maximumDeadZones) finite numbers from 0 on are possible"
        }
        if !(leastPotential >= 0 && leastPotential.isFinite) {
            return "a least potential of \(leastPotential); a finite number from 0 on is possible"
        }
        if let rootMeanSquare, !(rootMeanSquare >= 0 && rootMeanSquare.isFinite) {
            return "a root mean square of \(rootMeanSquare); a finite number from 0 on is possible"
        }
        let numbers = [ladder.positive, ladder.negative, initialPotential]
        if !numbers.allSatisfy(\.isFinite) { return "a threshold or initial potential that is not a finite number" }
        for sign in ThresholdLadder.Sign.allCases where ladder.fires(sign) {
            let thresholds = ladder.thresholds(sign)
            if !thresholds.last!.isFinite || !thresholds[0].isNormal {
                return "thresholds from \(thresholds[0]) to \(thresholds.last!), beyond the range of 32-bit floats"
            }
        }
        if abs(initialPotential) > 0.5 { return "initial potential \(initialPotential), outside −0.5…0.5" }
        if reset == .zero, coding == .differential {
            return "reset to zero, which has no meaning under differential coding"
        }
        return nil
    }

    private enum Key: String, CodingKey { case ladder, rounding, reset, initialPotential, deadZones, leastPotential, rootMeanSquare }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(ladder, forKey: .ladder)
        try container.encode(rounding, forKey: .rounding)
        try container.encode(reset, forKey: .reset)
        try container.encode(initialPotential, forKey: .initialPotential)
        if !deadZones.isEmpty { try container.encode(deadZones, forKey: .deadZones) }
        if leastPotential > 0 { try container.encode(leastPotential, forKey: .leastPotential) }
        try container.encodeIfPresent(rootMeanSquare, forKey: .rootMeanSquare)
    }

    /// - Throws: `DecodingError` where a field is missing or is not what it should be.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let ladder = try container.decode(ThresholdLadder.self, forKey: .ladder)
        guard (1...NeuronKernel.maximumLevels).contains(ladder.levels) else {
            throw DecodingError.dataCorruptedError(
                forKey: .ladder, in: container,
                debugDescription: "\(ladder.levels) levels; 1 to \(NeuronKernel.maximumLevels) are possible")
        }
        self.init(
            ladder: ladder, rounding: try container.decode(Rounding.self, forKey: .rounding),
            reset: try container.decode(Reset.self, forKey: .reset),
            initialPotential: try container.decode(Float.self, forKey: .initialPotential),
            deadZones: try container.decodeIfPresent([Float].self, forKey: .deadZones) ?? [],
            leastPotential: try container.decodeIfPresent(Float.self, forKey: .leastPotential) ?? 0,
            rootMeanSquare: try container.decodeIfPresent(Float.self, forKey: .rootMeanSquare))
    }
}
