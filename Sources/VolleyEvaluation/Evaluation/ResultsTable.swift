internal import VolleySpiking

/// Results as a table for people: a row for the ANN and one for every time-step.
public enum ResultsTable {
    public static func text(_ results: Results) -> String {
        var lines = [
            "            top-1    top-5   firing rate     synaptic ops      energy (spiking / ANN)",
            "                             /neuron/step    /sample           paper    exact    full",
        ]
        lines.append(
            pad("ANN", 10) + fraction(results.ann.top1) + fraction(results.ann.top5) + pad("", 16)
                + pad(count(Double(results.dense.multiplyAccumulates)) + " MAC", 18, right: true) + "     1        1       1")
        for step in results.steps {
            lines.append(
                pad("t = \(step.step)", 10) + fraction(step.top1) + fraction(step.top5)
                    + pad(fixed(step.firingRate, 4), 13, right: true)
                    + pad(count(step.synapticOperations) + " AC ", 21, right: true)
                    + [step.energy.paper, step.energy.exact, step.energy.full].map { pad(fixed($0, 3), 9, right: true) }.joined())
        }
        return lines.map(trimmed).joined(separator: "\n") + "\n"
    }

    /// The most active and the quietest sites.
    public static func sites(_ results: Results, samples: Int) -> String {
        var lines = ["site                                     firing rate /neuron/step   share of spikes by level (±λ1, ±λ2, …)"]
        for site in results.sites {
            var perLevel = [Int64](repeating: 0, count: site.codes.map { abs(Int($0)) }.max() ?? 0)
            for step in site.spikesPerLevel {
                for (code, spikes) in zip(site.codes, step) { perLevel[abs(Int(code)) - 1] += spikes }
            }
            let spikes = perLevel.reduce(0, +)
            let rate = Double(spikes) / Double(max(1, site.neurons * samples * site.spikesPerLevel.count))
            let shares = perLevel.map { spikes == 0 ? "0" : fixed(Double($0) / Double(spikes), 3) }
            lines.append(pad(site.name, 40) + pad(fixed(rate, 4), 12, right: true) + "               " + shares.joined(separator: " "))
        }
        return lines.map(trimmed).joined(separator: "\n") + "\n"
    }

    private static func fraction(_ value: Double) -> String { pad(fixed(value, 4), 9, right: true) }

    static func fixed(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let digits = String(Int((abs(value) * scale).rounded()))
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return (value < 0 ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
    }

    /// A count in thousands, millions or billions.
    private static func count(_ value: Double) -> String {
        for (unit, name) in [(1e9, " G"), (1e6, " M"), (1e3, " k")] where value >= unit { return fixed(value / unit, 2) + name }
        return fixed(value, 0).replacing(".", with: "") + " "
    }

    private static func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return right ? space + text : text + space
    }

    private static func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }
}
