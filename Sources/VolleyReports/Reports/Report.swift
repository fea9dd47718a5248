public import VolleyEvaluation
internal import VolleySpiking

/// What evaluations measured, one or several side by side, in the order in which a reader asks.
///
/// Figures are those of the results; nothing is measured here. ``html``, ``markdown`` and ``csv`` write it.
public struct Report: Sendable {
    public struct Run: Sendable {
        /// What the run is called beside others.
        public var label: String
        public var results: Results

        public init(_ label: String, _ results: Results) { (self.label, self.results) = (label, results) }
    }

    public let runs: [Run]

    /// - Parameter runs: at least one. Labels that occur twice are numbered.
    public init(_ runs: [Run]) {
        precondition(!runs.isEmpty, "a report of nothing")
        var seen: [String: Int] = [:]
        self.runs = runs.map { run in
            seen[run.label, default: 0] += 1
            let number = seen[run.label]!
            return number == 1 ? run : Run("\(run.label) (\(number))", run.results)
        }
    }

    var isAlone: Bool { runs.count == 1 }

    /// The runs of each task, in the order in which tasks first come.
    var byTask: [[Run]] {
        var groups: [[Run]] = []
        for run in runs {
            if let index = groups.firstIndex(where: { $0[0].results.task == run.results.task }) {
                groups[index].append(run)
            } else {
                groups.append([run])
            }
        }
        return groups
    }

    /// What stands before a sentence about a run: its name where there are several.
    func naming(_ run: Run, _ separator: String = ": ") -> String { isAlone ? "" : run.label + separator }

    var title: String { isAlone ? runs[0].label : "\(runs.count) results side by side" }

    /// All that is said.
    var sections: [ReportSection] {
        [answer, overTime, exits, tradeOff, sites, errors, raster, confusion, floatingPoint, settings, counting].compactMap(\.self)
    }

    /// What keeps the results from standing side by side, field by field; empty where nothing does.
    public var differences: [String] {
        let fields: [(name: String, value: (Results) -> String)] = [
            ("the data", { "\($0.settings.data ?? "unnamed") (\($0.digests.data.prefix(12))…)" }),
            ("the number of samples", { "\($0.samples)" }),
            ("the network that was trained", { $0.provenance.modelDigest.map { $0.prefix(12) + "…" } ?? "not known" }),
            ("the task", { $0.task.rawValue }),
            ("the output", { $0.settings.output ?? "the only one" }),
            ("the prices of operations", { $0.prices.name }),
            ("the version of the program", { $0.version }),
        ]
        return fields.compactMap { name, value in
            let found = runs.map { (label: $0.label, value: value($0.results)) }
            guard Set(found.map(\.value)).count > 1 else { return nil }
            return name + ": " + found.map { "\($0.label) \($0.value)" }.joined(separator: ", ")
        }
    }
}
