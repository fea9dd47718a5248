internal import VolleyEvaluation
internal import VolleyTensors

/// What happens inside on a few samples: where the error enters, and what single neurons send.
extension Report {
    private var looked: [(run: Run, detail: Results.Detail)] { runs.compactMap { run in run.results.detail.map { (run, $0) } } }

    var errors: ReportSection? {
        guard !looked.isEmpty else {
            return ReportSection(
                "Where the error enters",
                [.text("Not looked at: these results hold no details. An evaluation takes them on a few samples where it is asked to.")])
        }
        let axis = Chart.Axis("site, in the order of the network", isWhole: true)
        var series: [Chart.Series] = []
        for (run, detail) in looked {
            let prefix = naming(run, ", ")
            series.append(Chart.Series(prefix + "what is sent", points(detail.sites) { $0.errors.last ?? nil }))
            if isAlone { series.append(Chart.Series("what arrives", points(detail.sites) { $0.arrivingErrors?.last ?? nil }, style: .points)) }
        }
        let bySite = Chart(
            "Error of estimates by site, last step", x: axis, y: Chart.Axis("‖SNN − ANN‖ / ‖ANN‖", including: [0]),
            series: series)
        let steps = looked.map(\.detail.outputErrors.count).max() ?? 1
        let ofOutput = Chart(
            "Error of the output after t steps",
            x: Self.timeAxis(to: steps),
            y: Chart.Axis("‖SNN − ANN‖ / ‖ANN‖", including: [0]),
            series: looked.map { run, detail in
                Chart.Series(run.label, detail.outputErrors.enumerated().map { Chart.Point(Double($0.offset + 1), $0.element ?? .nan) })
            })
        return ReportSection(
            "Where the error enters",
            looked.map { .text(naming($0.run) + sentence($0.detail)) } + [.charts([bySite, ofOutput])]
                + looked.map { .table(table($0.run, $0.detail)) })
    }

    private func points(_ sites: [Results.Detail.Site], _ error: (Results.Detail.Site) -> Double?) -> [Chart.Point] {
        sites.enumerated().map { index, site in
            Chart.Point(Double(index + 1), error(site) ?? .nan, title: "\(site.name): \(Self.text(error(site)))")
        }
    }

    private static func text(_ error: Double?) -> String { error.map { TextTable.fixed($0, 4) } ?? "not a number" }

    private func sentence(_ detail: Results.Detail) -> String {
        let base = "On \(detail.samples) sample\(detail.samples == 1 ? "" : "s"), by the equations themselves and with weights as trained. "
        let first =
            detail.firstDiverging.map {
                "The first site in the order of the network whose estimate is off by \(FigureText.percent(Results.Detail.divergence, 0)) or more after the last step "
                    + "is \($0.name) (\(Self.text($0.errors.last ?? nil)))."
            } ?? "No site's estimate is off by \(FigureText.percent(Results.Detail.divergence, 0)) after the last step."
        let own =
            detail.largestOwn.map { site in
                let arriving = site.arrivingErrors.map { "\(Self.text($0.last ?? nil)) arrives" } ?? "what arrives is exact"
                return " Most is added at \(site.name): \(arriving), \(Self.text(site.errors.last ?? nil)) leaves."
            } ?? ""
        return base + first + own
    }

    private func table(_ run: Run, _ detail: Results.Detail) -> ReportTable {
        let shown = Self.shown(detail.sites.map(\.errors.count).max() ?? 0)
        let columns: [ReportTable.Column] =
            [.text("site"), .number("arrives, last step")] + shown.map { .number("t = \($0)", in: "relative error of what was sent so far") }
        let rows = detail.sites.map { site -> [ReportTable.Cell] in
            func cell(_ error: Double?) -> ReportTable.Cell { .init(Self.text(error), shade: error.map { min(1, $0) } ?? 1) }
            return [.init(site.name), site.arrivingErrors.map { .init(Self.text($0.last ?? nil)) } ?? "exact"]
                + shown.map { $0 <= site.errors.count ? cell(site.errors[$0 - 1]) : .init(FigureText.none) }
        }
        return ReportTable(columns, rows: rows, caption: "Errors by site" + (isAlone ? "" : " of \(run.label)"), isFolded: rows.count > 12)
    }

    // MARK: Spikes

    var raster: ReportSection? {
        let charts = looked.compactMap { run, detail in
            detail.raster.trains.isEmpty ? nil : Self.chart(detail.raster, naming(run), run.results.sites)
        }
        guard !charts.isEmpty else { return nil }
        return ReportSection(
            "Spikes of sampled neurons",
            [
                .text(
                    "Neurons taken evenly from sites that lie evenly over the network; a line for each neuron, a stroke for each spike, which says its value."
                ),
                .charts(charts),
            ])
    }

    private static func chart(_ raster: Results.Detail.Raster, _ prefix: String, _ sites: [Results.Site]) -> Chart {
        var (positive, negative): ([Chart.Point], [Chart.Point]) = ([], [])
        var references: [Chart.Reference] = []
        var (row, site) = (0.0, "")
        for train in raster.trains {
            if train.site != site {
                // Room for the name, which stands above the line.
                row -= 2
                references.append(.init(.horizontal, at: row, train.site))
                (row, site) = (row - 1, train.site)
            }
            let alphabet = sites.first { $0.name == train.site }
            for (step, code) in train.codes.enumerated() where code != 0 {
                let value = alphabet?.worth(code)
                let title =
                    "\(train.site), neuron \(train.neuron), t = \(step + 1): code \(code)"
                    + (value.map { ", worth \(ChartNumber.text(Double($0)))" } ?? "")
                let point = Chart.Point(Double(step + 1), row, title: title)
                if value.map({ $0 < 0 }) ?? (code < 0) { negative.append(point) } else { positive.append(point) }
            }
            row -= 1
        }
        let steps = raster.trains.map(\.codes.count).max() ?? 1
        var chart = Chart(
            prefix + "Spikes for \(raster.sample)", x: Chart.Axis("time-step t", isWhole: true, including: [1, Double(steps)]),
            y: Chart.Axis("neurons, by site", isWhole: true, including: [0, row]),
            series: [.init("positive", positive, style: .ticks), .init("negative", negative, style: .ticks)],
            references: references)
        chart.y.isNumbered = false
        chart.height = max(120, -row * 6)
        return chart
    }
}

extension Results.Site {
    /// What a code is worth; nil for one that is never sent.
    fileprivate func worth(_ code: Int8) -> Float? {
        guard let index = codes.firstIndex(of: code), thresholds.indices.contains(index) else { return nil }
        return thresholds[index]
    }
}
