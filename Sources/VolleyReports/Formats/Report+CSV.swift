internal import VolleyEvaluation
internal import VolleySpiking

/// A line for each number, so that every program can filter and turn the table as it likes.
extension Report {
    /// Columns: the run; the figure by the path of its key in the result file; the site, where it is of one; the time-step or the margin that it
    /// belongs to; the value; its unit and of which steps it is.
    public var csv: String {
        var lines = ["run,figure,site,step,margin,value,unit,basis"]
        for run in runs {
            var writer = Lines(label: run.label, quantities: run.results.quantities ?? [:])
            writer.add(run.results)
            lines += writer.lines
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private struct Lines {
        let label: String
        let quantities: [String: Results.Quantity]
        var lines: [String] = []

        init(label: String, quantities: [String: Results.Quantity]) { (self.label, self.quantities) = (label, quantities) }

        mutating func add(_ figure: String, _ value: Double?, site: String = "", step: Int? = nil, margin: Double? = nil) {
            guard let value else { return }
            // What has parts is explained as a whole.
            let quantity = quantities[figure] ?? quantities[figure.split(separator: ".").dropLast().joined(separator: ".")]
            let whole = value == value.rounded() && abs(value) < 0x1p53
            let cells = [
                label, figure, site, step.map { "\($0)" } ?? "", margin.map { "\($0)" } ?? "", whole ? "\(Int(value))" : "\(value)",
                quantity?.unit ?? "",
                quantity?.basis.rawValue ?? "",
            ]
            lines.append(cells.map(Self.cell).joined(separator: ","))
        }

        /// In quotes where it must be. A text that a spreadsheet would take for a formula is made one of letters.
        private static func cell(_ text: String) -> String {
            let isFormula = text.first.map { "=+@\t".contains($0) } ?? false || (text.hasPrefix("-") && Double(text) == nil)
            let text = isFormula ? "'" + text : text
            guard text.contains(where: { "\",\n\r".contains($0) || $0.isNewline }) else { return text }
            return "\"" + text.replacing("\"", with: "\"\"") + "\""
        }

        mutating func add(_ results: Results) {
            add("samples", Double(results.samples))
            add("ann.top1", results.ann?.top1)
            add("annTop1Interval.lower", results.annInterval?.lower)
            add("annTop1Interval.upper", results.annInterval?.upper)
            add("ann.top5", results.ann?.top5)
            for figure in results.task.figures { add("annFigures." + figure.key, results.annFigures?[figure.key]) }
            add("reading.counted", results.reading.map { Double($0.counted) })
            add("dense.multiplyAccumulates", Double(results.dense.multiplyAccumulates))
            for step in results.steps {
                let (t, interval) = (step.step, results.interval(step))
                add("steps.top1", step.top1, step: t)
                add("steps.top1Interval.lower", interval?.lower, step: t)
                add("steps.top1Interval.upper", interval?.upper, step: t)
                add("steps.top5", step.top5, step: t)
                for figure in results.task.figures { add("steps.figures." + figure.key, step.figures?[figure.key], step: t) }
                add("steps.agreement", step.agreement, step: t)
                add("steps.firingRate", step.firingRate, step: t)
                add("steps.synapticOperations", step.synapticOperations, step: t)
                for (name, value) in Self.parts(step.energy) { add("steps.energy." + name, value, step: t) }
                for (name, value) in Self.parts(step.counts) { add("steps.counts." + name, value, step: t) }
            }
            for exit in results.exits ?? [] {
                let margin = exit.margin
                add("exits.meanSteps", exit.meanSteps, margin: margin)
                add("exits.reached", exit.reached, margin: margin)
                for (index, stop) in exit.stops.enumerated() { add("exits.stops", stop, step: index + 1, margin: margin) }
                add("exits.top1", exit.top1, margin: margin)
                add("exits.top1Interval.lower", exit.top1Interval.lower, margin: margin)
                add("exits.top1Interval.upper", exit.top1Interval.upper, margin: margin)
                add("exits.top5", exit.top5, margin: margin)
                add("exits.agreement", exit.agreement, margin: margin)
                add("exits.firingRate", exit.firingRate, margin: margin)
                add("exits.synapticOperations", exit.synapticOperations, margin: margin)
                for (name, value) in Self.parts(exit.energy) { add("exits.energy." + name, value, margin: margin) }
                add("exits.millisecondsPerSample", exit.millisecondsPerSample, margin: margin)
            }
            for site in results.sites {
                add("sites.neurons", Double(site.neurons), site: site.name)
                for (index, rate) in site.rates(results.samples).enumerated() { add("sites.firingRates", rate, site: site.name, step: index + 1) }
            }
            for (index, error) in (results.detail?.outputErrors ?? []).enumerated() { add("detail.outputErrors", error, step: index + 1) }
            for site in results.detail?.sites ?? [] {
                for (index, error) in site.errors.enumerated() { add("detail.sites.errors", error, site: site.name, step: index + 1) }
                for (index, error) in (site.arrivingErrors ?? []).enumerated() {
                    add("detail.sites.arrivingErrors", error, site: site.name, step: index + 1)
                }
            }
        }

        private static func parts(_ energy: EnergyRatios) -> [(String, Double)] {
            [("paper", energy.paper), ("exact", energy.exact), ("strict", energy.strict), ("full", energy.full)]
        }

        private static func parts(_ counts: OperationCounts) -> [(String, Double)] {
            [
                ("accumulates", counts.accumulates), ("gradedAccumulates", counts.gradedAccumulates), ("paperAccumulates", counts.paperAccumulates),
                ("analogMultiplyAccumulates", counts.analogMultiplyAccumulates), ("neuronUpdates", counts.neuronUpdates),
                ("nonlinearElements", counts.nonlinearElements), ("scalings", counts.scalings), ("spikes", counts.spikes),
            ].map { ($0.0, Double($0.1)) }
        }
    }
}
