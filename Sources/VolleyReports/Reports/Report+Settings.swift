internal import VolleyEvaluation
internal import VolleySimulation
internal import VolleySpiking
internal import VolleyTensors

/// What the figures rest on: what is no spike, settings, digests, and how everything is counted.
extension Report {
    var floatingPoint: ReportSection? {
        let blocks = runs.map { run -> ReportSection.Block in
            let prefix = naming(run)
            guard let operators = run.results.floatingPoint else {
                let names = run.results.floatingPointOperators
                return .text(prefix + (names.isEmpty ? "none" : names.joined(separator: ", ")))
            }
            if operators.isEmpty { return .text(prefix + "Nothing: every operator acts on spikes.") }
            return .table(
                ReportTable(
                    [.text("operator"), .number("in the network"), .number("elements per sample and step")],
                    rows: operators.map { [.init($0.op), .init("\($0.nodes)"), .init(TextTable.grouped($0.elements))] },
                    caption: isAlone ? nil : run.label))
        }
        return ReportSection(
            "What stays in floating point",
            [
                .text(
                    "These operators are nonlinear: they compute on estimates, and what they give becomes spikes behind them. Energy 'full' prices them."
                )
            ] + blocks)
    }

    var settings: ReportSection {
        let all = runs.map { settings($0.results) }
        var names: [String] = []
        for list in all { for (name, _) in list where !names.contains(name) { names.append(name) } }
        let rows = names.map { name -> [ReportTable.Cell] in
            let values = all.map { list in list.first { $0.0 == name }?.1 ?? FigureText.none }
            let differs = Set(values).count > 1
            return [.init(name)] + values.map { .init($0, shade: differs ? 0.25 : nil) }
        }
        let text = isAlone ? [] : [ReportSection.Block.text("What differs is shaded.")]
        return ReportSection(
            "Settings and digests", text + [.table(ReportTable([.text("")] + runs.map { .prose(isAlone ? "" : $0.label) }, rows: rows))])
    }

    private func settings(_ results: Results) -> [(String, String)] {
        let (settings, provenance) = (results.settings, results.provenance)
        var list: [(String, String)] = [
            ("measured by version", results.version), ("data", settings.data ?? FigureText.none), ("samples", "\(results.samples)"),
            ("samples left out", "\(results.skipped.count)"), ("limit", settings.limit.map { "\($0)" } ?? "none"),
            ("time-steps T", "\(settings.timeSteps)"), ("output", settings.output ?? FigureText.none), ("weights", settings.weights.rawValue),
            ("early exit at margins", settings.earlyExit.map { $0.map { "\($0)" }.joined(separator: ", ") } ?? "no"),
            ("beside the ANN", settings.comparesWithANN ? "yes" : "no"), ("prices", results.prices.name), ("spikes with", results.grades.text),
            ("method", provenance.method), ("source of the method", provenance.citation),
            ("standing of the method", provenance.standing?.text ?? "not recorded"), ("converted by version", provenance.version),
        ]
        if settings.task != .classification || results.reading != nil {
            list.insert(("task", results.task.rawValue), at: 6)
            if let reading = results.reading {
                list.insert(("counted of the output [N, \(reading.shape.map(String.init).joined(separator: ", "))]", "\(reading.counted)"), at: 7)
            }
        }
        list += provenance.settings.sorted { $0.key < $1.key }.map { ("method: " + $0.key, $0.value) }
        list += [
            ("calibration samples", provenance.calibrationCount.map { "\($0)" } ?? FigureText.none),
            ("SHA-256 of the network", results.digests.network ?? FigureText.none), ("SHA-256 of data and labels", results.digests.data),
            ("SHA-256 of the model", provenance.modelDigest ?? FigureText.none),
            ("SHA-256 of the calibration data", provenance.calibrationDigest ?? FigureText.none),
        ]
        if let error = results.weightError { list.append(("rounded weights", error.summary)) }
        return list
    }

    var counting: ReportSection {
        var quantities: [String: Results.Quantity] = [:]
        for run in runs { quantities.merge(run.results.quantities ?? [:]) { first, _ in first } }
        var blocks: [ReportSection.Block] = [
            .text(
                "Counts are exact: one accumulate for each spike and synapse it reaches, counted while the network runs. Energies are counts times prices, over "
                    + "those of the ANN: 'paper' as published tables count it, 'exact' with analog layers as multiply-accumulates, 'strict' also with graded spikes as "
                    + "multiply-accumulates, 'full' with neuron updates and nonlinear operators too. Intervals are Wilson's, 95 %: they say how far the accuracy may "
                    + "be from that on all such data, not how far runs differ, for runs do not.")
        ]
        var seen: Set<String> = []
        for run in runs where seen.insert(run.results.prices.name).inserted {
            let prices = run.results.prices
            blocks.append(
                .text(
                    "Prices '\(prices.name)' in pJ: multiply-accumulate \(prices.multiplyAccumulatePicojoules), accumulate \(prices.accumulatePicojoules), of a graded "
                        + "spike \(prices.gradedAccumulatePicojoules), neuron update \(prices.neuronUpdatePicojoules), nonlinear element "
                        + "\(prices.nonlinearElementPicojoules), scaling \(prices.scalingPicojoules). \(prices.source)."))
        }
        if !quantities.isEmpty {
            blocks.append(
                .table(
                    ReportTable(
                        [.text("figure"), .text("unit"), .text("of which steps"), .prose("how it is counted")],
                        rows: quantities.sorted { $0.key < $1.key }.map { key, quantity in
                            [.init(key), .init(quantity.unit), .init(quantity.basis.rawValue), .init(quantity.meaning)]
                        }, caption: "Figures of the result file", isFolded: true)))
        }
        return ReportSection("How it is counted", blocks)
    }
}
