internal import VolleyTensors

/// How closely a spiking network followed its ANN on some of its calibration samples, right after its conversion.
public struct Fidelity: Sendable, Hashable, Codable {
    /// The answer after `step` time-steps.
    public struct Step: Sendable, Hashable, Codable {
        public var step: Int
        /// The part of the samples whose largest output is that of the ANN, 0…1; nil unless one output is [N, classes].
        public var agreement: Double?
        /// `‖SNN − ANN‖ / ‖ANN‖` over all samples, of the output where it is largest; nil where an estimate is not finite.
        public var error: Double?
        /// `‖SNN − ANN‖² / ‖ANN − mean of ANN over the samples‖²`, likewise: 1 is what a network reaches that gives the same
        /// answer to everything. nil as well where the samples do not differ.
        public var unexplained: Double?
        /// The energy of steps 1…t as a multiple of the ANN's, `EnergyRatios.exact`.
        public var energy: Double
        /// The same with graded spikes priced as multiplications, `EnergyRatios.strict`; nil in files from before it was counted.
        public var strictEnergy: Double?

        public init(
            step: Int, agreement: Double? = nil, error: Double?, unexplained: Double?, energy: Double, strictEnergy: Double? = nil
        ) {
            self.step = step
            self.agreement = agreement
            self.error = error
            self.unexplained = unexplained
            self.energy = energy
            self.strictEnergy = strictEnergy
        }
    }

    /// A network that leaves more than this part of its ANN's variance unexplained hardly follows it. Trained Transformers
    /// leave 0.007 and less at t = 8, ECMT on EfficientNet-Lite0 1.5.
    public static let mostUnexplained = 0.5
    /// Unless its answers are the ANN's on at least this part of the samples: then only their scale is wrong.
    public static let leastAgreement = 0.9
    /// Where the samples do not differ, or there is one: the largest relative error.
    public static let largestError = 0.7

    /// How many samples there were.
    public var samples: Int
    public var steps: [Step]
    /// What the energies assume of spikes; nil in files from before it was kept.
    public var grades: SpikeGrades?

    public init(samples: Int, steps: [Step], grades: SpikeGrades? = nil) {
        self.samples = samples
        self.steps = steps
        self.grades = grades
    }

    /// Whether the network follows its ANN at the last of the steps.
    public var follows: Bool {
        guard let last = steps.last else { return true }
        guard let error = last.error else { return false }
        if let agreement = last.agreement, agreement >= Self.leastAgreement { return true }
        return last.unexplained.map { $0 <= Self.mostUnexplained } ?? (error <= Self.largestError)
    }

    /// A table for people.
    public var text: String {
        let hasClasses = steps.contains { $0.agreement != nil }
        func cell(_ value: Double?, _ places: Int) -> String {
            value.map { TextTable.fixed($0, places) } ?? "not finite"
        }
        let isStrict = steps.contains { $0.strictEnergy != nil }
        let columns: [TextTable.Column] =
            [.text("")] + (hasClasses ? [.number("agreement")] : []) + [.number("output error"), .number("energy exact")]
            + (isStrict ? [.number("energy strict")] : [])
        let table = TextTable(
            columns,
            rows: steps.map { step in
                ["t = \(step.step)"] + (hasClasses ? [cell(step.agreement ?? 0, 4)] : [])
                    + [cell(step.error, 4), cell(step.energy, 3)] + (isStrict ? [cell(step.strictEnergy, 3)] : [])
            })
        let assumed = grades.map { "energy of spikes with \($0.text)\n" } ?? ""
        return "beside its ANN on \(samples) calibration sample\(samples == 1 ? "" : "s"):\n" + table.text + assumed
    }
}
