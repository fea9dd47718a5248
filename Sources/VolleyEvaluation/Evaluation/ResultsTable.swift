internal import VolleySpiking
internal import VolleyTensors

/// Results as a table for people: a row for the ANN and one for every time-step, or one for every margin at which samples stop.
public enum ResultsTable {
    public static func text(_ results: Results) -> String {
        if let exits = results.exits { return Self.exits(results, exits) }
        let energy = "energy (spiking / ANN)"
        let figures = results.task == .classification ? [.top1, .top5] : results.task.figures.filter { results.comparesWithANN || $0.isOfANN }
        var table = TextTable(
            [.text("")] + figures.map { .number($0.title) } + [
                .number("/neuron/step", in: "firing rate"), .number("/sample", in: "synaptic ops"), .number("paper", in: energy),
                .number("exact", in: energy), .number("strict", in: energy), .number("full", in: energy),
            ])
        table.append(
            ["ANN"] + figures.map { $0.isOfANN ? results.annValue(of: $0).map { TextTable.fixed($0, 4) } ?? "" : "" } + [""]
                + [count(Double(results.dense.multiplyAccumulates)) + " MAC", "1", "1", "1", "1"])
        for step in results.steps {
            table.append(
                ["t = \(step.step)"] + figures.map { step.value(of: $0).map { TextTable.fixed($0, 4) } ?? "–" }
                    + [TextTable.fixed(step.firingRate, 4), count(step.synapticOperations) + " AC "]
                    + cells(step.energy))
        }
        return table.text + assumptions(results)
    }

    static func cells(_ energy: EnergyRatios) -> [String] {
        [energy.paper, energy.exact, energy.strict, energy.full].map { TextTable.fixed($0, 3) }
    }

    /// What the energies rest on.
    static func assumptions(_ results: Results) -> String {
        "\nEnergy: prices '\(results.prices.name)', spikes with \(results.grades.text).\n"
    }

    /// The most active and the quietest sites.
    public static func sites(_ results: Results, samples: Int) -> String {
        var table = TextTable([
            .text("site"), .number("/neuron/step", in: "firing rate"), .text("(±λ1, ±λ2, …)", in: "share of spikes by level"),
        ])
        for site in results.sites {
            var perLevel = [Int64](repeating: 0, count: site.codes.map { abs(Int($0)) }.max() ?? 0)
            for step in site.spikesPerLevel {
                for (code, spikes) in zip(site.codes, step) { perLevel[abs(Int(code)) - 1] += spikes }
            }
            let spikes = perLevel.reduce(0, +)
            let rate = Double(spikes) / Double(max(1, site.neurons * samples * site.spikesPerLevel.count))
            let shares = perLevel.map { spikes == 0 ? "0" : TextTable.fixed(Double($0) / Double(spikes), 3) }
            table.append([site.name, TextTable.fixed(rate, 4), shares.joined(separator: " ")])
        }
        return table.text
    }

    /// A count in thousands, millions or billions.
    public static func count(_ value: Double) -> String {
        for (unit, name) in [(1e9, " G"), (1e6, " M"), (1e3, " k")] where value >= unit { return TextTable.fixed(value / unit, 2) + name }
        return TextTable.fixed(value, 0) + "  "
    }
}
