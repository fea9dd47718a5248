/// What a tuning found as a table for people: the networks that nothing beats, by ascending energy.
public enum TuningTable {
    public static func text(_ results: TuningResults) -> String {
        let hasClasses = results.entries.contains { $0.points.contains { $0.agreement != nil } }
        var table = TextTable(
            [.text("network"), .number("t"), .number("loss")] + (hasClasses ? [.number("agreement")] : []) + [
                .number("exact", in: "energy"), .number("strict", in: "energy"), .number("levels", in: "spikes"), .number("m", in: "spikes"),
                .number("copies", in: "spikes"), .number("/sample", in: "ms"), .text(""),
            ])
        var rows = results.front
        // What keeps to a bound at no less energy may be no better than another one.
        if let chosen = results.chosen, !rows.contains(chosen) { rows.append(chosen) }
        for choice in rows {
            guard let (entry, point, milliseconds) = results[choice] else { continue }
            table.append(
                [entry.label, "\(point.step)", TextTable.fixed(point.loss ?? .nan, 4)]
                    + (hasClasses ? [TextTable.fixed(point.agreement ?? 0, 4)] : [])
                    + [TextTable.fixed(point.energy, 3), TextTable.fixed(point.strictEnergy, 3)]
                    + [entry.grades.levels, entry.grades.stepsPerOctave, entry.grades.weightCopies].map(String.init)
                    + [TextTable.fixed(milliseconds, 2), choice == results.chosen ? "chosen" : ""])
        }
        var text = table.text + "\n" + remarks(results)
        if !results.unfit.isEmpty {
            let reasons = TextTable([.text("does not apply"), .text("because")], rows: results.unfit.map { [$0.label, $0.reason] })
            text += "\n" + reasons.text
        }
        return text
    }

    private static func remarks(_ results: TuningResults) -> String {
        let points = results.entries.flatMap(\.points)
        let broken = points.count { $0.loss == nil }
        let beaten = points.count - broken - results.front.count
        return "\(results.front.count) on the front, \(beaten) beaten by one of them"
            + (broken > 0 ? ", \(broken) with an output that is not finite" : "") + "; \(results.entries.count) networks in all.\n"
            + "Loss: relative rms error of the outputs beside the ANN's on \(results.heldOutSamples) samples that calibration, on "
            + "\(results.calibrationSamples) others, never saw.\nEnergy: prices '\(results.prices.name)'; spikes: most values of one sign, "
            + "steps per octave, copies of the weights;\nms: measured on this machine with \(results.threads) thread\(results.threads == 1 ? "" : "s").\n"
    }
}
