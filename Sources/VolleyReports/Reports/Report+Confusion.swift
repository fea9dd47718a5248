internal import VolleyEvaluation

/// Which class is taken for which.
extension Report {
    /// From so many classes on a matrix is too large to be read.
    private static let matrixClasses = 20
    private static let pairs = 20

    var confusion: ReportSection? {
        let known = runs.compactMap { run in run.results.confusion.map { (run, $0) } }
        guard !known.isEmpty else { return nil }
        return ReportSection(
            "Which class is taken for which",
            known.flatMap { run, confusion -> [ReportSection.Block] in
                let when = run.results.steps.last.map { "at t = \($0.step)" } ?? "where samples stop"
                let prefix = naming(run)
                if confusion.classes > Self.matrixClasses { return [.table(pairs(confusion, "\(prefix)most confused pairs, \(when)"))] }
                return [.table(matrix(confusion, confusion.spiking, "\(prefix)SNN \(when): rows are true classes, columns answers"))]
                    + (confusion.ann.map { [.table(matrix(confusion, $0, "\(prefix)ANN: rows are true classes, columns answers", isFolded: true))] }
                        ?? [])
            })
    }

    private func name(_ label: Int, _ confusion: Results.Confusion) -> String {
        guard let names = confusion.names, names.indices.contains(label) else { return "\(label)" }
        return names[label]
    }

    private func matrix(
        _ confusion: Results.Confusion, _ cells: [Results.Confusion.Cell], _ caption: String, isFolded: Bool = false
    ) -> ReportTable {
        var counts = [[Int]](repeating: [Int](repeating: 0, count: confusion.classes), count: confusion.classes)
        for cell in cells { counts[cell.label][cell.answer] = cell.samples }
        let classes = 0..<confusion.classes
        let rows = classes.map { label -> [ReportTable.Cell] in
            let total = counts[label].reduce(0.0) { $0 + Double($1) }
            return [.init(name(label, confusion))]
                + counts[label].map { .init($0 == 0 ? "" : "\($0)", shade: total > 0 ? Double($0) / total : 0) }
                + [.init(total > 0 ? FigureText.percent(Double(counts[label][label]) / total, 1) : FigureText.none)]
        }
        return ReportTable(
            [.text("class")] + classes.map { .number(name($0, confusion)) } + [.number("right")], rows: rows, caption: caption, isFolded: isFolded)
    }

    private func pairs(_ confusion: Results.Confusion, _ caption: String) -> ReportTable {
        let ann = confusion.ann.map { Dictionary($0.map { ([$0.label, $0.answer], $0.samples) }, uniquingKeysWith: { first, _ in first }) }
        var totals: [Int: Double] = [:]
        for cell in confusion.spiking { totals[cell.label, default: 0] += Double(cell.samples) }
        let wrong = confusion.spiking.filter { $0.label != $0.answer }
            .sorted { ($1.samples, $0.label, $0.answer) < ($0.samples, $1.label, $1.answer) }.prefix(Self.pairs)
        return ReportTable(
            [.text("class"), .text("taken for"), .number("samples"), .number("of its class")] + (ann == nil ? [] : [.number("the ANN")]),
            rows: wrong.map { cell in
                [
                    .init(name(cell.label, confusion)), .init(name(cell.answer, confusion)), .init("\(cell.samples)"),
                    .init(FigureText.percent(Double(cell.samples) / max(1, totals[cell.label] ?? 1), 1)),
                ] + (ann.map { [.init("\($0[[cell.label, cell.answer]] ?? 0)")] } ?? [])
            }, caption: wrong.isEmpty ? "\(caption): none" : caption)
    }
}
