internal import VolleyEvaluation
internal import VolleySpiking

/// What was asked: how accurate, how costly, after how many steps.
extension Report {
    var answer: ReportSection {
        var blocks: [ReportSection.Block] = []
        if !differences.isEmpty {
            blocks.append(.notice("These results cannot be compared one to one. They differ in " + differences.joined(separator: "; in ") + "."))
        }
        for run in runs where !run.results.comparesWithANN {
            blocks.append(.notice(naming(run) + "the ANN was left out: its answers are not known, only its costs."))
        }
        for run in runs where !run.results.skipped.isEmpty {
            blocks.append(.notice(naming(run) + "\(run.results.skipped.count) samples could not be read and were left out."))
        }
        for run in runs { for caveat in run.results.provenance.caveats { blocks.append(.notice(naming(run) + caveat)) } }
        if isAlone {
            blocks += [.figures(figures(runs[0].results)), .text(sentence(runs[0].results))]
            blocks += (runs[0].results.reading?.notes ?? []).map { .text($0) }
        }
        blocks += byTask.map { .table(comparison($0)) }
        return ReportSection("The answer", blocks)
    }

    private func figures(_ results: Results) -> [(value: String, meaning: String)] {
        let headline = results.headline
        func named(_ interval: ConfidenceInterval?) -> String {
            headline.title + (interval.map { " (95 %: \(FigureText.interval($0)))" } ?? "")
        }
        var figures: [(value: String, meaning: String)] = []
        if headline.isOfANN, let ann = results.annValue(of: headline) {
            figures.append((FigureText.value(ann, of: headline), "ANN, \(named(results.annInterval))"))
        }
        if let last = results.steps.last {
            figures.append((FigureText.value(last.value(of: headline), of: headline), "SNN at t = \(last.step), \(named(results.interval(last)))"))
            if results.task != .classification {
                for figure in results.figures.dropFirst() {
                    figures.append((FigureText.value(last.value(of: figure), of: figure), "\(figure.title) at t = \(last.step)"))
                }
            }
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
        let task = results.task == .classification && results.reading == nil ? "" : ", task \(results.task.rawValue)"
        let name = "\(results.samples) samples of \(results.settings.data ?? "unnamed data")\(task), method \(results.provenance.method)."
        guard results.comparesWithANN, !results.steps.isEmpty else { return name }
        let (title, whose) = (results.headline.title, results.headline.isOfANN ? "the ANN's" : "what the ANN itself would have")
        guard let step = results.settled else {
            let worse = results.headline.aim == .high ? "below" : "above"
            return name + " After the last step \(title) is still more than \(results.tolerance) \(worse) \(whose): more steps may help."
        }
        return name + " From t = \(step.step) on \(title) stays within \(results.tolerance) of \(whose); steps 1…\(step.step) take "
            + "\(FigureText.ratio(step.energy.exact)) of its energy (exact), \(FigureText.ratio(step.energy.strict)) where graded spikes multiply (strict)."
    }

    /// A row for each run of one task, or for each margin at which its samples stop.
    private func comparison(_ runs: [Run]) -> ReportTable {
        let task = runs[0].results.task
        let (headline, others) = (task.figures[0], task == .classification ? [.agreement] : Array(task.figures.dropFirst().prefix(2)))
        let (hasInterval, hasANN) = (task == .classification, headline.isOfANN)
        let tolerance = task == .classification ? "ANN − 1 point" : "within \(runs[0].results.tolerance)"
        var columns: [ReportTable.Column] = [.text("run"), .text("method")]
        if hasANN { columns.append(.number("ANN \(headline.title)")) }
        columns.append(.number("SNN \(headline.title)"))
        if hasInterval { columns.append(.number("95 %")) }
        columns.append(.text("at"))
        columns += others.map { .number($0.title) }
        columns += [.number("energy exact"), .number("energy strict"), .text("\(tolerance) from"), .number("energy exact there")]
        func row(_ results: Results, _ last: Results.Step) -> [ReportTable.Cell] {
            let settled = results.settled
            var row: [ReportTable.Cell] = [.init(FigureText.value(last.value(of: headline), of: headline))]
            if hasInterval { row.append(.init(FigureText.interval(results.interval(last)))) }
            row.append(.init("t = \(last.step)"))
            row += others.map { .init(FigureText.value(last.value(of: $0), of: $0)) }
            row += [.init(FigureText.ratio(last.energy.exact)), .init(FigureText.ratio(last.energy.strict))]
            row.append(.init(settled.map { "t = \($0.step)" } ?? FigureText.none))
            row.append(.init(settled.map { FigureText.ratio($0.energy.exact) } ?? FigureText.none))
            return row
        }
        return ReportTable(
            columns,
            rows: runs.flatMap { run -> [[ReportTable.Cell]] in
                let results = run.results
                var head: [ReportTable.Cell] = [.init(run.label), .init(results.provenance.method)]
                if hasANN { head.append(.init(FigureText.value(results.annValue(of: headline), of: headline))) }
                if let exits = results.exits {
                    return exits.map { exit in
                        head + [
                            .init(FigureText.percent(exit.top1)), .init(FigureText.interval(exit.top1Interval)), .init("margin \(exit.margin)"),
                            .init(FigureText.percent(exit.agreement)), .init(FigureText.ratio(exit.energy.exact)),
                            .init(FigureText.ratio(exit.energy.strict)), .init(FigureText.none), .init(FigureText.none),
                        ]
                    }
                }
                return results.steps.last.map { [head + row(results, $0)] } ?? []
            })
    }
}
