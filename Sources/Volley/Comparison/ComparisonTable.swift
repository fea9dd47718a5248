/// A comparison as one table for people: a row for the trained network and for every method and time-step.
public enum ComparisonTable {
    public static func text(_ results: ComparisonResults) -> String {
        var table = TextTable([
            .text("method"), .number("t"), .number("top-1"), .number("95 % interval"), .number("agreement"),
            .number("/neuron/step", in: "firing rate"), .number("/sample", in: "synaptic ops"), .number("exact", in: "energy"),
            .number("strict", in: "energy"),
            .number("levels", in: "spikes"), .number("m", in: "spikes"), .number("copies", in: "spikes"), .text("needed"),
        ])
        if let ann = results.ann, let interval = results.annInterval {
            let macs = results.annMultiplyAccumulates.map { ResultsTable.count(Double($0)) + " MAC" } ?? ""
            table.append(["ANN", "", TextTable.fixed(ann, 4), ResultsTable.interval(interval), "1", "", macs, "1", "1", "", "", "", ""])
        }
        for entry in results.entries {
            for (index, step) in entry.steps.enumerated() {
                table.append(
                    [
                        index == 0 ? entry.label : "", "\(step.step)", TextTable.fixed(step.top1, 4), ResultsTable.interval(step.top1Interval),
                        TextTable.fixed(step.agreement, 4), TextTable.fixed(step.firingRate, 4),
                        ResultsTable.count(step.synapticOperations) + " AC ", TextTable.fixed(step.energy, 3),
                        TextTable.fixed(step.strictEnergy, 3),
                    ]
                        + (index == 0
                            ? [entry.grades.levels, entry.grades.stepsPerOctave, entry.grades.weightCopies].map(String.init) + [needs(entry.needs)]
                            : ["", "", "", ""]))
            }
        }
        var text =
            table.text + "\nEnergy: prices '\(results.prices.name)'; spikes: most values of one sign, steps per octave, copies of the weights.\n"
        if !results.unfit.isEmpty {
            let reasons = TextTable([.text("does not apply"), .text("because")], rows: results.unfit.map { [$0.label, $0.reason] })
            text += "\n" + reasons.text
        }
        return text
    }

    private static func needs(_ needs: ComparisonResults.Needs) -> String {
        var parts = [
            needs.calibrationSamples.map { "\($0) samples" + (needs.calibrationRounds == 1 ? "" : ", \(needs.calibrationRounds) times") }
                ?? (needs.trainedBounds > 0 ? "trained bounds" : "no data")
        ]
        if needs.probeSteps > 0 { parts.append("\(needs.probeSteps) of the steps are a first run") }
        if let feeding = needs.feedingSteps { parts.append("fed for \(feeding) steps") }
        return parts.joined(separator: ", ")
    }
}
