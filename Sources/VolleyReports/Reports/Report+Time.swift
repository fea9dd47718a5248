internal import VolleyEvaluation
internal import VolleySpiking

/// The spiking network beside the ANN after every time-step, and accuracy against energy.
extension Report {
    private var timed: [Run] { runs.filter { !$0.results.steps.isEmpty } }

    /// Time-steps double where there are many.
    static func timeAxis(to last: Int) -> Chart.Axis {
        Chart.Axis("time-step t", scale: last > 16 ? .log2 : .linear, isWhole: last <= 16)
    }

    private func overTime(_ title: String, _ runs: [Run], _ axis: Chart.Axis, _ point: (Results, Results.Step) -> Chart.Point) -> Chart {
        let last = timed.flatMap { $0.results.steps.map(\.step) }.max() ?? 1
        return Chart(
            title, x: Self.timeAxis(to: last), y: axis,
            series: runs.map { run in Chart.Series(run.label, run.results.steps.map { point(run.results, $0) }) })
    }

    var overTime: ReportSection? {
        guard !timed.isEmpty else { return nil }
        let answers = byTask.compactMap { runs -> Chart? in
            let runs = runs.filter { !$0.results.steps.isEmpty }
            return runs.isEmpty ? nil : answersOverTime(runs)
        }
        let energy = overTime("Energy of steps 1…t", timed, Chart.Axis("energy, exact", unit: "× ANN", including: [0])) {
            Chart.Point(Double($1.step), $1.energy.exact)
        }
        let rate = overTime("Firing rate over steps 1…t", timed, Chart.Axis("spikes per neuron and step", including: [0])) {
            Chart.Point(Double($1.step), $1.firingRate)
        }
        return ReportSection("At every time-step", [.charts(answers + [energy, rate])] + tables.map { .table($0) })
    }

    /// The first figure of a task after every time-step.
    private func answersOverTime(_ runs: [Run]) -> Chart {
        let figure = runs[0].results.headline
        let title = figure == .top1 ? "Accuracy after t steps" : "\(figure.title.prefix(1).uppercased() + figure.title.dropFirst()) after t steps"
        let hasInterval = runs.contains { run in run.results.steps.contains { run.results.interval($0) != nil } }
        let scale = Self.scale(of: figure)
        var chart = overTime(title + (hasInterval ? ", with its 95 % interval" : ""), runs, Self.axis(of: figure, runs)) { results, step in
            let band = results.interval(step).map { $0.lower * scale...$0.upper * scale }
            return Chart.Point(Double(step.step), step.value(of: figure).map { $0 * scale } ?? .nan, band: band)
        }
        chart.references = annReferences(of: runs)
        return chart
    }

    /// Fractions are drawn in percent.
    private static func scale(of figure: Evaluation.Figure) -> Double { figure.style == .fraction ? 100 : 1 }

    /// What begins far above where it ends is drawn on a logarithmic scale.
    private static func axis(of figure: Evaluation.Figure, _ runs: [Run]) -> Chart.Axis {
        let values = runs.flatMap { run in run.results.steps.compactMap { $0.value(of: figure) } }
        let (least, most) = (values.min() ?? 0, values.max() ?? 0)
        return Chart.Axis(
            figure.title, unit: figure.style == .fraction ? "%" : nil,
            scale: figure.aim == .low && least > 0 && most > 20 * least ? .log10 : .linear)
    }

    /// A line for each value that ANNs have.
    private func annReferences(of runs: [Run]) -> [Chart.Reference] {
        let figure = runs[0].results.headline
        var seen: Set<Double> = []
        let found = runs.compactMap { run in run.results.annValue(of: figure).map { (run.label, $0) } }.filter { seen.insert($0.1).inserted }
        return found.map { label, value in
            Chart.Reference(.horizontal, at: value * Self.scale(of: figure), found.count == 1 ? "ANN" : "ANN of \(label)")
        }
    }

    private var tables: [ReportTable] {
        timed.map { run in
            let results = run.results
            let (figures, hasInterval) = (results.figures, results.task == .classification)
            let intervals: [ReportTable.Column] = hasInterval ? [.number("95 %", in: "after t steps")] : []
            func cells(_ value: (Evaluation.Figure) -> String, _ interval: ConfidenceInterval?) -> [ReportTable.Cell] {
                [.init(value(figures[0]))] + (hasInterval ? [.init(FigureText.interval(interval))] : [])
                    + figures.dropFirst().map { .init(value($0)) }
            }
            var columns: [ReportTable.Column] = [.text(""), .number(figures[0].title, in: "after t steps")] + intervals
            columns += figures.dropFirst().map { .number($0.title, in: "after t steps") }
            columns += [.number("firing rate", in: "steps 1…t"), .number("accumulates/sample", in: "steps 1…t")]
            columns += ["paper", "exact", "strict", "full"].map { .number($0, in: "energy of steps 1…t, × ANN") }
            columns += [.number("spikes/sample", in: "step t alone")]
            let ann: [ReportTable.Cell] =
                ["ANN"] + cells({ $0.isOfANN ? FigureText.value(results.annValue(of: $0), of: $0) : FigureText.none }, results.annInterval)
                + [.init(FigureText.none), .init(FigureText.count(Double(results.dense.multiplyAccumulates)) + " MAC"), "1", "1", "1", "1", "–"]
            let rows = results.steps.map { step -> [ReportTable.Cell] in
                [.init("t = \(step.step)")] + cells({ FigureText.value(step.value(of: $0), of: $0) }, results.interval(step))
                    + [.init(FigureText.rate(step.firingRate)), .init(FigureText.count(step.synapticOperations))]
                    + [step.energy.paper, step.energy.exact, step.energy.strict, step.energy.full].map { .init(FigureText.ratio($0)) }
                    + [.init(FigureText.count(Double(step.counts.spikes) / Double(results.samples)))]
            }
            return ReportTable(columns, rows: [ann] + rows, caption: isAlone ? nil : run.label, isFolded: rows.count > 40)
        }
    }

    var tradeOff: ReportSection? {
        let charts = byTask.compactMap(tradeOff)
        guard let first = byTask.first(where: { tradeOff($0) != nil })?[0].results else { return nil }
        let better = first.headline.aim == .high ? "higher is more accurate" : "lower is more accurate"
        let text =
            "Every mark is one stop: more to the left is cheaper, \(better). The T to choose is the leftmost mark whose accuracy is enough. "
            + runs.map { (isAlone ? "Spikes" : "\($0.label): spikes") + " with \($0.results.grades.text)." }.joined(separator: " ")
        let name = byTask.count == 1 && first.headline != .top1 ? first.headline.title : "accuracy"
        return ReportSection("Energy against \(name)", [.charts(charts), .text(text)])
    }

    /// Energy against the first figure, of runs of one task.
    private func tradeOff(_ runs: [Run]) -> Chart? {
        let figure = runs[0].results.headline
        let scale = Self.scale(of: figure)
        let series = runs.map { run -> Chart.Series in
            let results = run.results
            let points =
                results.exits.map { exits in
                    exits.map {
                        (
                            name: "margin \($0.margin)", energy: $0.energy.exact, value: $0.top1 as Double?,
                            interval: $0.top1Interval as ConfidenceInterval?
                        )
                    }
                }
                ?? results.steps.map {
                    (name: "t = \($0.step)", energy: $0.energy.exact, value: $0.value(of: figure), interval: results.interval($0))
                }
            return Chart.Series(
                run.label,
                points.map { point in
                    let interval = point.interval.map { " (\(FigureText.interval($0)))" } ?? ""
                    return Chart.Point(
                        point.energy, point.value.map { $0 * scale } ?? .nan,
                        title: "\(run.label), \(point.name): \(FigureText.value(point.value, of: figure))\(interval) "
                            + "for \(FigureText.ratio(point.energy)) of the ANN's energy")
                })
        }
        guard series.contains(where: { !$0.points.isEmpty }) else { return nil }
        let title = figure == .top1 ? "Accuracy for energy" : "\(figure.title.prefix(1).uppercased() + figure.title.dropFirst()) for energy"
        var chart = Chart(
            title, x: Chart.Axis("energy, exact", unit: "× ANN", scale: .log10), y: Self.axis(of: figure, runs), series: series)
        chart.references = annReferences(of: runs)
        return chart
    }

    var exits: ReportSection? {
        let stopped = runs.filter { $0.results.exits != nil }
        guard !stopped.isEmpty else { return nil }
        let chart = Chart(
            "Where samples stop", x: Chart.Axis("time-step t", isWhole: true), y: Chart.Axis("samples that stop at t", unit: "%", including: [0]),
            series: stopped.flatMap { run in
                (run.results.exits ?? []).map { exit in
                    Chart.Series(
                        naming(run, ", ") + "margin \(exit.margin)",
                        exit.stops.enumerated().map { Chart.Point(Double($0.offset + 1), $0.element * 100) })
                }
            })
        let table = ReportTable(
            [
                .text("run"), .number("margin"), .number("mean t"), .number("reach it"), .number("top-1"), .number("95 %"), .number("top-5"),
                .number("agreement"), .number("accumulates/sample"), .number("energy exact"), .number("ms/sample"),
            ],
            rows: stopped.flatMap { run in
                (run.results.exits ?? []).map { exit in
                    [
                        .init(run.label), .init("\(exit.margin)"), .init(ChartNumber.text(exit.meanSteps)), .init(FigureText.percent(exit.reached)),
                        .init(FigureText.percent(exit.top1)), .init(FigureText.interval(exit.top1Interval)), .init(FigureText.percent(exit.top5)),
                        .init(FigureText.percent(exit.agreement)), .init(FigureText.count(exit.synapticOperations)),
                        .init(FigureText.ratio(exit.energy.exact)), .init(ChartNumber.text(exit.millisecondsPerSample)),
                    ]
                }
            })
        return ReportSection(
            "Stopped early",
            [
                .text(
                    "A sample stops at the first t whose softmax margin is reached, and at the last one otherwise; all figures are up to the stops."),
                .charts([chart]), .table(table),
            ])
    }
}
