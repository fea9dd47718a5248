internal import VolleyEvaluation
internal import VolleySpiking

/// What was asked: how accurate, how costly, after how many steps.
extension Report {
    /// Within so much of the ANN's accuracy a network is said to keep it.
    static let tolerance = 0.01

    var answer: ReportSection {
        var blocks: [ReportSection.Block] = []
        if !differences.isEmpty {
            blocks.append(.notice("These results cannot be compared one to one. They differ in " + differences.joined(separator: "; in ") + "."))
        }
        for run in runs where run.results.ann == nil {
            blocks.append(.notice(naming(run) + "the ANN was left out: its answers are not known, only its costs."))
        }
        for run in runs where !run.results.skipped.isEmpty {
            blocks.append(.notice(naming(run) + "\(run.results.skipped.count) samples could not be read and were left out."))
        }
        for run in runs { for caveat in run.results.provenance.caveats { blocks.append(.notice(naming(run) + caveat)) } }
        if isAlone { blocks += [.figures(figures(runs[0].results)), .text(sentence(runs[0].results))] }
        blocks.append(.table(comparison))
        return ReportSection("The answer", blocks)
    }

    private func figures(_ results: Results) -> [(value: String, meaning: String)] {
        var figures: [(value: String, meaning: String)] = []
        if let ann = results.ann, let interval = results.annInterval {
            figures.append((FigureText.percent(ann.top1), "ANN, top-1 (95 %: \(FigureText.interval(interval)))"))
        }
        if let last = results.steps.last {
            figures.append(
                (FigureText.percent(last.top1), "SNN at t = \(last.step), top-1 (95 %: \(FigureText.interval(results.interval(last))))"))
            figures.append((FigureText.ratio(last.energy.exact) + " ×", "energy of steps 1…\(last.step) over the ANN's, exact"))
            figures.append((FigureText.rate(last.firingRate), "spikes per neuron and step, mean over steps 1…\(last.step)"))
        } else if let exit = results.exits?.last {
            figures.append(
                (FigureText.percent(exit.top1), "SNN, stopped at margin \(exit.margin), top-1 (95 %: \(FigureText.interval(exit.top1Interval)))"))
            figures.append((FigureText.ratio(exit.energy.exact) + " ×", "energy up to the stop over the ANN's, exact"))
            figures.append((ChartNumber.text(exit.meanSteps), "time-steps per sample, the mean"))
        }
        return figures
    }

    private func sentence(_ results: Results) -> String {
        let name = "\(results.samples) samples of \(results.settings.data ?? "unnamed data"), method \(results.provenance.method)."
        guard results.ann != nil, !results.steps.isEmpty else { return name }
        guard let step = results.settles(within: Self.tolerance) else {
            return name + " After the last step top-1 is still more than \(Self.toleranceText) below the ANN's: more steps may help."
        }
        return name + " From t = \(step.step) on top-1 stays within \(Self.toleranceText) of the ANN's; steps 1…\(step.step) take "
            + "\(FigureText.ratio(step.energy.exact)) of its energy (exact), \(FigureText.ratio(step.energy.strict)) where graded spikes multiply (strict)."
    }

    private static let toleranceText = "1 percentage point"

    private var comparison: ReportTable {
        ReportTable(
            [
                .text("run"), .text("method"), .number("ANN top-1"), .number("SNN top-1"), .number("95 %"), .text("at"), .number("agreement"),
                .number("energy exact"), .number("energy strict"), .text("ANN − 1 point from"), .number("energy exact there"),
            ],
            rows: runs.flatMap { run in
                let results = run.results
                let head: [ReportTable.Cell] = [.init(run.label), .init(results.provenance.method), .init(FigureText.percent(results.ann?.top1))]
                if let exits = results.exits {
                    return exits.map { exit in
                        head + [
                            .init(FigureText.percent(exit.top1)), .init(FigureText.interval(exit.top1Interval)), .init("margin \(exit.margin)"),
                            .init(FigureText.percent(exit.agreement)), .init(FigureText.ratio(exit.energy.exact)),
                            .init(FigureText.ratio(exit.energy.strict)), .init(FigureText.none), .init(FigureText.none),
                        ]
                    }
                }
                guard let last = results.steps.last else { return [] }
                let settled = results.settles(within: Self.tolerance)
                return [
                    head + [
                        .init(FigureText.percent(last.top1)), .init(FigureText.interval(results.interval(last))), .init("t = \(last.step)"),
                        .init(FigureText.percent(last.agreement)), .init(FigureText.ratio(last.energy.exact)),
                        .init(FigureText.ratio(last.energy.strict)), .init(settled.map { "t = \($0.step)" } ?? FigureText.none),
                        .init(settled.map { FigureText.ratio($0.energy.exact) } ?? FigureText.none),
                    ]
                ]
            })
    }
}
