internal import VolleyEvaluation
internal import VolleyTensors

/// How active each site is, step by step and level by level.
extension Report {
    var sites: ReportSection? {
        let counted = runs.filter { $0.results.sites.contains { !$0.spikesPerLevel.isEmpty } }
        guard !counted.isEmpty else {
            return ReportSection("Firing rates by site", [.text("Where samples stop early, spikes are not counted by site.")])
        }
        let axis = Chart.Axis("site, in the order of the network", isWhole: true)
        let rates = Chart(
            "Firing rate by site, mean over all steps", x: axis, y: Chart.Axis("spikes per neuron and step", including: [0]),
            series: counted.map { run in
                Chart.Series(
                    run.label,
                    run.results.sites.enumerated().map { index, site in
                        let rate = site.meanRate(run.results.samples)
                        return Chart.Point(
                            Double(index + 1), rate, title: "\(run.label), \(site.name): \(FigureText.rate(rate)) spikes per neuron and step")
                    }, style: .line)
            })
        let levels = Chart(
            "Spikes by level, all sites", x: Chart.Axis("level (1: the smallest value of a ladder)", isWhole: true),
            y: Chart.Axis("share of spikes", unit: "%", including: [0]),
            series: counted.map { run in
                let shares = run.results.levelShares
                return Chart.Series(run.label, shares.indices.map { Chart.Point(Double($0 + 1), shares[$0] * 100) }, style: .bars)
            })
        return ReportSection("Firing rates by site", [.charts([rates, levels])] + counted.map { .table(table($0)) })
    }

    private func table(_ run: Run) -> ReportTable {
        let (sites, samples) = (run.results.sites, run.results.samples)
        let steps = sites.map(\.spikesPerLevel.count).max() ?? 0
        let shown = Self.shown(steps)
        let columns: [ReportTable.Column] =
            [.text("site"), .number("neurons"), .number("1…\(steps)", in: "spikes per neuron")]
            + shown.map { .number("t = \($0)", in: "spikes per neuron") } + [.prose("share of its spikes by level, %")]
        let largest = sites.flatMap { $0.rates(samples) }.max() ?? 0
        let rows = sites.map { site -> [ReportTable.Cell] in
            let rates = site.rates(samples)
            func cell(_ rate: Double) -> ReportTable.Cell { .init(FigureText.rate(rate), shade: largest > 0 ? rate / largest : 0) }
            // Levels that are never sent at the end say nothing.
            let sent = site.levelShares
            let shares = sent.prefix((sent.lastIndex { $0 > 0 } ?? 0) + 1).map { $0 == 0 ? "0" : FigureText.percent($0, 1).replacing(" %", with: "") }
                .joined(separator: " ")
            return [.init(site.name), .init(TextTable.grouped(site.neurons)), cell(site.meanRate(samples))]
                + shown.map { $0 <= rates.count ? cell(rates[$0 - 1]) : .init(FigureText.none) } + [.init(shares)]
        }
        return ReportTable(
            columns, rows: rows, caption: "Sites" + (isAlone ? "" : " of \(run.label)") + ": every step alone, and the mean over all",
            isFolded: rows.count > 12)
    }

    /// Which steps a table shows: all of a few, powers of two and the last of many.
    static func shown(_ steps: Int) -> [Int] {
        guard steps > 8 else { return Array(1...max(1, steps)) }
        return Set((0..<40).map { 1 << $0 }.filter { $0 <= steps } + [steps]).sorted()
    }
}

extension Results.Site {
    /// Spikes per neuron in every step alone.
    func rates(_ samples: Int) -> [Double] {
        // Files from before rates were kept hold codes, each of them one spike but of bursts.
        firingRates ?? spikesPerLevel.map { $0.reduce(0.0) { $0 + Double($1) } / max(1, Double(neurons) * Double(samples)) }
    }

    func meanRate(_ samples: Int) -> Double {
        let rates = rates(samples)
        return rates.isEmpty ? 0 : rates.reduce(0, +) / Double(rates.count)
    }

    /// How often each level was sent with either sign, over all steps.
    var levelCounts: [Double] {
        var counts = [Double](repeating: 0, count: codes.map { abs(Int($0)) }.max() ?? 0)
        for step in spikesPerLevel { for (code, spikes) in zip(codes, step) where code != 0 { counts[abs(Int(code)) - 1] += Double(spikes) } }
        return counts
    }

    var levelShares: [Double] { shares(of: levelCounts) }
}

extension Results {
    var levelShares: [Double] {
        var total: [Double] = []
        for site in sites {
            let counts = site.levelCounts
            total += [Double](repeating: 0, count: max(0, counts.count - total.count))
            for (level, count) in counts.enumerated() { total[level] += count }
        }
        return shares(of: total)
    }
}

private func shares(of counts: [Double]) -> [Double] {
    let sum = counts.reduce(0, +)
    return counts.map { sum > 0 ? $0 / sum : 0 }
}
