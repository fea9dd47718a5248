/// What a diagnosis says to people.
public enum DiagnosisTable {
    /// The outputs as they are, in a line.
    public static func answer(_ diagnosis: Diagnosis) -> String {
        let ann = diagnosis.annAccuracy.map { " (ANN \(TextTable.fixed($0, 4)))" } ?? ""
        return "t = \(diagnosis.timeSteps): " + figures(diagnosis.figures, ann: ann)
    }

    /// Sites, those that change the outputs most first.
    /// - Parameter most: how many at most; nil for all.
    public static func sites(_ diagnosis: Diagnosis, most: Int? = nil) -> String {
        let table = TextTable(
            [
                .text("neuron site"), .number("own", in: "relative error"), .number("arriving", in: "relative error"),
                .number("both", in: "relative error"), .number("values", in: "clipped"), .number("of error", in: "clipped"),
                .number("values", in: "silent"), .number("of error", in: "silent"), .number("dead"), .number("saturated"), .number("bias"),
                .number("rate"), .text("cause"), .text("feeds"),
            ],
            rows: diagnosis.sites.prefix(most ?? diagnosis.sites.count).map { site in
                [
                    site.site, error(site.ownError), error(site.arrivingError), error(site.error), percent(site.clipped.values),
                    percent(site.clipped.error), percent(site.silent.values), percent(site.silent.error), percent(site.dead),
                    percent(site.saturated), site.bias.map(percent) ?? "-", TextTable.fixed(site.firingRate, 3), site.cause?.rawValue ?? "-",
                    (site.readers.first ?? "the output") + (site.readers.count > 1 ? " and \(site.readers.count - 1) more" : ""),
                ]
            })
        return table.text
    }

    /// What the outputs would be if one site alone were exact, or alone were spiking.
    public static func leavingOut(_ diagnosis: Diagnosis) -> String {
        let hasAgreement = diagnosis.figures.agreement != nil
        func columns(_ group: String) -> [TextTable.Column] {
            [.number("output error", in: group)] + (hasAgreement ? [.number("agreement", in: group)] : [])
        }
        func cells(_ figures: AnswerFigures) -> [String] { [error(figures.error)] + (hasAgreement ? [share(figures.agreement)] : []) }
        let table = TextTable(
            [.text("neuron site")] + columns("if it alone were exact") + columns("if it alone were spiking"),
            rows: [["as it is"] + cells(diagnosis.figures) + columns("").map { _ in "" }]
                + diagnosis.sites.compactMap { site in
                    guard let exact = site.ifExact, let alone = site.ifAlone else { return nil }
                    return [site.site] + cells(exact) + cells(alone)
                })
        return table.text
    }

    /// Advice in its order, each with what it was found to do.
    public static func advice(_ diagnosis: Diagnosis) -> String {
        if diagnosis.isGood {
            return
                "Nothing has to be changed: the output error is \(error(diagnosis.figures.error)), and \(error(diagnosis.tolerance)) was asked for.\n"
        }
        guard !diagnosis.advice.isEmpty else { return "Nothing that was tried brings the outputs closer to the ANN's.\n" }
        return diagnosis.advice.enumerated().map { index, advice in
            let command = advice.command.map { "\n   \($0)" } ?? ""
            let kind = advice.isEstimate ? ", estimated by calibrating on \(diagnosis.otherSamples) other samples of the data" : ""
            return
                "\(index + 1). \(upper(advice.summary)): \(figures(advice.predicted, beside: diagnosis.figures))\(kind)\n   for \(advice.reason)\(command)\n"
        }.joined()
    }

    /// What was tried and does not help.
    public static func rejected(_ diagnosis: Diagnosis) -> String {
        diagnosis.rejected.map { "\($0.summary): \($0.reason)\n" }.joined()
    }

    /// - Parameters:
    ///   - ann: what to say behind the accuracy.
    ///   - today: the network as it is.
    private static func figures(_ figures: AnswerFigures, ann: String = "", beside today: AnswerFigures? = nil) -> String {
        func now(_ text: String?) -> String { today == nil ? "" : text.map { " (now \($0))" } ?? "" }
        return [
            "output error \(error(figures.error))" + now(error(today?.error)),
            figures.agreement.map { "agreement \(share($0))" + now(share(today?.agreement)) },
            figures.accuracy.map { "accuracy \(share($0))\(ann)" + now(share(today?.accuracy)) },
            figures.energy.map { "energy \(energy($0))" + now(today?.energy.map(energy)) },
        ].compactMap(\.self).joined(separator: ", ")
    }

    private static func energy(_ value: Double) -> String { TextTable.fixed(value, 3) }
    private static func error(_ value: Double?) -> String { value.map { TextTable.fixed($0, 4) } ?? "not finite" }
    private static func share(_ value: Double?) -> String { value.map { TextTable.fixed($0, 4) } ?? "-" }
    private static func percent(_ value: Double) -> String { TextTable.fixed(100 * value, 1) + " %" }
    private static func upper(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
