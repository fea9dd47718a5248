internal import VolleyEvaluation
internal import VolleySpiking

/// The spiking network beside the ANN after every time-step, and accuracy against energy.
extension Report {
    private var timed: [Run] { runs.filter { !$0.results.steps.isEmpty } }

    /// Time-steps double where there are many.
    static func timeAxis(to last: Int) -> Chart.Axis {
        Chart.Axis("time-step t", scale: last > 16 ? .log2 : .linear, isWhole: last <= 16)
    }

    private func overTime(_ title: String, _ axis: Chart.Axis, _ point: (Results, Results.Step) -> Chart.Point) -> Chart {
        let last = timed.flatMap { $0.results.steps.map(\.step) }.max() ?? 1
        return Chart(
            title, x: Self.timeAxis(to: last), y: axis,
            series: timed.map { run in Chart.Series(run.label, run.results.steps.map { point(run.results, $0) }) })
    }

    var overTime: ReportSection? {
        guard !timed.isEmpty else { return nil }
        var accuracy = overTime("Accuracy after t steps, with its 95 % interval", Chart.Axis("top-1", unit: "%")) { results, step in
            let interval = results.interval(step)
            return Chart.Point(Double(step.step), step.top1 * 100, band: interval.lower * 100...interval.upper * 100)
        }
        accuracy.references = annReferences(of: timed)
        let energy = overTime("Energy of steps 1…t", Chart.Axis("energy, exact", unit: "× ANN", including: [0])) {
            Chart.Point(Double($1.step), $1.energy.exact)
        }
        let rate = overTime("Firing rate over steps 1…t", Chart.Axis("spikes per neuron and step", including: [0])) {
            Chart.Point(Double($1.step), $1.firingRate)
        }
        return ReportSection("At every time-step", [.charts([accuracy, energy, rate])] + tables.map { .table($0) })
    }

    /// A line for each accuracy that ANNs have.
    private func annReferences(of runs: [Run]) -> [Chart.Reference] {
        var seen: Set<Double> = []
        let found = runs.compactMap { run in run.results.ann.map { (run.label, $0.top1) } }.filter { seen.insert($0.1).inserted }
        return found.map { label, top1 in Chart.Reference(.horizontal, at: top1 * 100, found.count == 1 ? "ANN" : "ANN of \(label)") }
    }

    private var tables: [ReportTable] {
        timed.map { run in
            let compares = run.results.ann != nil
            var columns: [ReportTable.Column] = [.text(""), .number("top-1", in: "after t steps"), .number("95 %", in: "after t steps")]
            columns += [.number("top-5", in: "after t steps")] + (compares ? [.number("agreement", in: "after t steps")] : [])
            columns += [.number("firing rate", in: "steps 1…t"), .number("accumulates/sample", in: "steps 1…t")]
            columns += ["paper", "exact", "strict", "full"].map { .number($0, in: "energy of steps 1…t, × ANN") }
            columns += [.number("spikes/sample", in: "step t alone")]
            let ann: [ReportTable.Cell] =
                [
                    "ANN", .init(FigureText.percent(run.results.ann?.top1)),
                    .init(run.results.annInterval.map(FigureText.interval) ?? FigureText.none), .init(FigureText.percent(run.results.ann?.top5)),
                ] + (compares ? [.init(FigureText.none)] : [])
                + [.init(FigureText.none), .init(FigureText.count(Double(run.results.dense.multiplyAccumulates)) + " MAC"), "1", "1", "1", "1", "–"]
            let rows = run.results.steps.map { step -> [ReportTable.Cell] in
                [
                    .init("t = \(step.step)"), .init(FigureText.percent(step.top1)), .init(FigureText.interval(run.results.interval(step))),
                    .init(FigureText.percent(step.top5)),
                ] + (compares ? [.init(FigureText.percent(step.agreement))] : [])
                    + [.init(FigureText.rate(step.firingRate)), .init(FigureText.count(step.synapticOperations))]
                    + [step.energy.paper, step.energy.exact, step.energy.strict, step.energy.full].map { .init(FigureText.ratio($0)) }
                    + [.init(FigureText.count(Double(step.counts.spikes) / Double(run.results.samples)))]
            }
            return ReportTable(columns, rows: [ann] + rows, caption: isAlone ? nil : run.label, isFolded: rows.count > 40)
        }
    }

    var tradeOff: ReportSection? {
        let series = runs.flatMap { run -> [Chart.Series] in
            let points =
                run.results.exits.map { exits in
                    exits.map { (name: "margin \($0.margin)", energy: $0.energy.exact, top1: $0.top1, interval: $0.top1Interval) }
                }
                ?? run.results.steps.map { (name: "t = \($0.step)", energy: $0.energy.exact, top1: $0.top1, interval: run.results.interval($0)) }
            return [
                Chart.Series(
                    run.label,
                    points.map { point in
                        Chart.Point(
                            point.energy, point.top1 * 100,
                            title: "\(run.label), \(point.name): \(FigureText.percent(point.top1)) (\(FigureText.interval(point.interval))) "
                                + "for \(FigureText.ratio(point.energy)) of the ANN's energy")
                    })
            ]
        }
        guard series.contains(where: { !$0.points.isEmpty }) else { return nil }
        var chart = Chart(
            "Accuracy for energy", x: Chart.Axis("energy, exact", unit: "× ANN", scale: .log10), y: Chart.Axis("top-1", unit: "%"), series: series)
        chart.references = annReferences(of: runs)
        let text =
            "Every mark is one stop: more to the left is cheaper, higher is more accurate. The T to choose is the leftmost mark whose accuracy is enough. "
            + runs.map { (isAlone ? "Spikes" : "\($0.label): spikes") + " with \($0.results.grades.text)." }.joined(separator: " ")
        return ReportSection("Energy against accuracy", [.charts([chart]), .text(text)])
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
