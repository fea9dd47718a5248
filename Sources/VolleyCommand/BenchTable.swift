import Foundation
import Volley

/// A benchmark of a network as a table.
enum BenchTable {
    static func text(_ report: NetworkBenchmark.Report, everyOperator: Bool) -> String {
        var lines = [
            "batch \(report.batch), \(report.threads) thread\(report.threads == 1 ? "" : "s"), T = \(report.steps), "
                + "weights \(report.weights.kind.rawValue), \(report.instructionSet)",
            "",
            String(format: "ANN   %9.2f ms/sample", report.ann.millisecondsPerSample),
            String(
                format: "SNN   %9.2f ms/sample   %.2f × ANN, %.2f × per time-step", report.snn.millisecondsPerSample,
                report.snn.millisecondsPerSample / report.ann.millisecondsPerSample,
                report.snn.millisecondsPerSample / report.ann.millisecondsPerSample / Double(report.steps)),
            String(
                format: "peak memory %.0f MB, %d page faults in %d repetitions",
                1e-6 * Double(report.peakMemoryBytes), report.pageFaults, report.ann.repetitions.count),
            String(
                format: "one thread's limits: dense fp32 product %.1f GMAC/s, copy %.1f GB/s", report.peakGigaMACs, report.peakGigabytes),
        ]
        if report.weights.kind != .fp32 { lines.append(report.weights.summary) }
        lines += ["", "one thread, spiking:"] + table(report.snnStages, everyOperator)
        lines += ["", "one thread, ANN:"] + table(report.annStages, everyOperator)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func table(_ stages: [NetworkBenchmark.Stage], _ everyOperator: Bool) -> [String] {
        let total = stages.reduce(0) { $0 + $1.millisecondsPerSample }
        let rows = everyOperator ? stages : grouped(stages)
        func cell(_ value: Double?, _ places: Int) -> String { value.map { TextTable.fixed($0, places) } ?? "–" }
        return TextTable(
            [
                .text("operator"), .number("ms/sample"), .number("share"), .number("density"), .number("GSOP/s"), .number("peak"),
                .number("GB/s"), .number("copy"), .text("bound by"),
            ],
            rows: rows.map { row in
                [
                    row.name, cell(row.millisecondsPerSample, 3), cell(100 * row.millisecondsPerSample / total, 1) + " %",
                    cell(row.density, 3), cell(row.gigaSynapticOperations, 1), row.shareOfPeak.map { cell(100 * $0, 0) + " %" } ?? "–",
                    cell(row.gigabytes, 1), row.shareOfBandwidth.map { cell(100 * $0, 0) + " %" } ?? "–", row.bound.rawValue,
                ]
            }
        ).lines
    }

    /// Sums over the operators of one kind; densities and rates are means weighted with the work.
    private static func grouped(_ stages: [NetworkBenchmark.Stage]) -> [NetworkBenchmark.Stage] {
        var kinds: [String] = []
        var groups: [String: [NetworkBenchmark.Stage]] = [:]
        for stage in stages {
            let kind = stage.kind + (stage.density == nil && stage.kind == "linear" ? " (analog)" : "")
            if groups[kind] == nil { kinds.append(kind) }
            groups[kind, default: []].append(stage)
        }
        return kinds.map { kind in
            let members = groups[kind]!
            let time = members.reduce(0) { $0 + $1.millisecondsPerSample }
            let operations = members.reduce(0) { $0 + ($1.gigaSynapticOperations ?? 0) * $1.millisecondsPerSample }
            let dense = members.reduce(0) { $0 + ($1.gigaSynapticOperations ?? 0) * $1.millisecondsPerSample / max(1e-9, $1.density ?? 1) }
            let peaks = members.reduce(0) { $0 + ($1.shareOfPeak ?? 0) * $1.millisecondsPerSample }
            let hasRates = members.contains { $0.gigaSynapticOperations != nil }
            var group = members[0]
            group.name = kind
            group.millisecondsPerSample = time
            group.density = members.contains { $0.density != nil } ? operations / max(1e-9, dense) : nil
            group.gigaSynapticOperations = hasRates ? operations / time : nil
            group.shareOfPeak = hasRates ? peaks / time : nil
            group.gigabytes = members.reduce(0) { $0 + ($1.gigabytes ?? 0) * $1.millisecondsPerSample } / max(1e-9, time)
            group.shareOfBandwidth = members.reduce(0) { $0 + ($1.shareOfBandwidth ?? 0) * $1.millisecondsPerSample } / max(1e-9, time)
            return group
        }
    }
}
