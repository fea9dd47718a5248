internal import VolleySpiking
internal import VolleyTensors

extension ResultsTable {
    /// A row for each margin at which samples stop, and where they do.
    static func exits(_ results: Results, _ exits: [Results.Exit]) -> String {
        let energy = "energy (spiking / ANN)"
        let compares = results.ann != nil
        var columns: [TextTable.Column] = [.text("stop at"), .number("mean t"), .number("top-1"), .number("95 % interval")]
        if compares { columns.append(.number("agreement")) }
        columns += [
            .number("/sample", in: "synaptic ops"), .number("paper", in: energy), .number("exact", in: energy), .number("strict", in: energy),
            .number("full", in: energy),
            .number("ms/sample"),
        ]
        var table = TextTable(columns)
        for exit in exits {
            table.append(
                ["margin \(exit.margin)", TextTable.fixed(exit.meanSteps, 2), TextTable.fixed(exit.top1, 4), interval(exit.top1Interval)]
                    + (exit.agreement.map { [TextTable.fixed($0, 4)] } ?? [])
                    + [count(exit.synapticOperations) + " AC "]
                    + cells(exit.energy)
                    + [TextTable.fixed(exit.millisecondsPerSample, 2)])
        }
        let last = results.settings.timeSteps
        let stops = TextTable(
            [.text(""), .text("share of samples that stop at t"), .number("never reach it")],
            rows: exits.map { exit in
                let shares = exit.stops.indices.filter { exit.stops[$0] > 0 }.map { "\($0 + 1): \(TextTable.fixed(exit.stops[$0], 3))" }
                return ["margin \(exit.margin)", shares.joined(separator: ", "), TextTable.fixed(1 - exit.reached, 3)]
            })
        let ann = results.ann.map { "ANN: top-1 \(TextTable.fixed($0.top1, 4)), top-5 \(TextTable.fixed($0.top5, 4)). " } ?? ""
        return ann + "A sample stops at the first t whose softmax margin is reached, and at t = \(last) otherwise; samples run one by one.\n\n"
            + table.text + "\n" + stops.text + assumptions(results)
    }

    /// As 0.912…0.945.
    public static func interval(_ interval: ConfidenceInterval) -> String {
        TextTable.fixed(interval.lower, 3) + "…" + TextTable.fixed(interval.upper, 3)
    }
}
