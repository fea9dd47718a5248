internal import VolleyEvaluation
internal import VolleyTensors

/// Figures as reports say them.
enum FigureText {
    /// Of a fraction: 98.33 %.
    static func percent(_ fraction: Double, _ places: Int = 2) -> String { TextTable.fixed(fraction * 100, places) + " %" }

    static func percent(_ fraction: Double?) -> String { fraction.map { percent($0, 2) } ?? none }

    static func interval(_ interval: ConfidenceInterval) -> String {
        TextTable.fixed(interval.lower * 100, 1) + "…" + TextTable.fixed(interval.upper * 100, 1) + " %"
    }

    static func ratio(_ ratio: Double) -> String { TextTable.fixed(ratio, 3) }

    static func rate(_ rate: Double) -> String { TextTable.fixed(rate, 4) }

    static func count(_ count: Double) -> String { trimmed(ResultsTable.count(count)) }

    /// In the place of a figure that there is not.
    static let none = "–"

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

extension Results {
    /// The accuracy after each time-step with its interval, which older files do not hold.
    func interval(_ step: Step) -> ConfidenceInterval { step.top1Interval ?? ConfidenceInterval(of: step.top1, samples: samples) }

    var annInterval: ConfidenceInterval? { ann.map { annTop1Interval ?? ConfidenceInterval(of: $0.top1, samples: samples) } }

    /// The first time-step from which on the accuracy stays within `points` of the ANN's.
    func settles(within points: Double) -> Step? {
        guard let ann else { return nil }
        let close = steps.reversed().prefix { $0.top1 >= ann.top1 - points - 1e-12 }
        return close.last
    }
}
