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

    static func interval(_ found: ConfidenceInterval?) -> String { found.map { interval($0) } ?? none }

    /// As its kind is written: a percentage, or a number of four places.
    static func value(_ value: Double?, of figure: Evaluation.Figure) -> String {
        switch figure.style {
        case .fraction: percent(value)
        case .number: value.map { abs($0) < 1e6 ? TextTable.fixed($0, 4) : ChartNumber.text($0) } ?? none
        }
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
    /// What a report puts first, and sets energy against.
    var headline: Evaluation.Figure { task.figures[0] }

    /// The figures of the task that these results hold.
    var figures: [Evaluation.Figure] { task.figures.filter { comparesWithANN || $0.isOfANN } }

    /// The accuracy after each time-step with its interval, which older files do not hold; nil where there is none.
    func interval(_ step: Step) -> ConfidenceInterval? {
        if reading != nil { return nil }
        return step.top1Interval ?? step.top1.map { ConfidenceInterval(of: $0, samples: samples) }
    }

    var annInterval: ConfidenceInterval? {
        reading != nil ? nil : ann.map { annTop1Interval ?? ConfidenceInterval(of: $0.top1, samples: samples) }
    }

    /// The first time-step from which on the task's first figure stays close to the ANN's, see ``tolerance``.
    var settled: Step? {
        guard let ann = annValue(of: headline) else { return nil }
        let close = steps.reversed().prefix { step in
            guard let value = step.value(of: headline) else { return false }
            return headline.aim == .high ? value >= ann - 0.01 - 1e-12 : value <= 1.01 * ann + 1e-12
        }
        return close.last
    }

    /// How close that is.
    var tolerance: String {
        switch (headline.aim, headline.style) {
        case (.high, .fraction): "1 percentage point"
        case (.high, .number): "0.01"
        case (.low, _): "1 %"
        }
    }
}
