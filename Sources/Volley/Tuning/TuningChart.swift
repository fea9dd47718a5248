extension TuningResults {
    /// Loss over energy: all networks by method, and the front as steps between those that nothing beats.
    public var chart: Chart {
        let points = Self.points(of: entries).filter { $0.loss > 0 && $0.point.energy > 0 }
        let methods = points.reduce(into: [String]()) { if !$0.contains($1.entry.method) { $0.append($1.entry.method) } }
        let front = front.compactMap { choice in
            self[choice].flatMap { found in found.point.loss.map { Chart.Point(found.point.energy, $0, title: title(choice)) } }
        }
        // Below the marks of the methods, so that these show through which the front goes.
        let series =
            [Chart.Series("front", front, style: .steps, tone: .neutral)]
            + methods.enumerated().map { index, method in
                Chart.Series(
                    method, points.filter { $0.entry.method == method }.map { Chart.Point($0.point.energy, $0.loss, title: title($0.choice)) },
                    style: .points, tone: .number(index))
            }
        var chart = Chart(
            "\(model.map { $0 + ": " } ?? "")output error for energy", x: .init("exact energy", unit: "ANN = 1", scale: .log10),
            y: .init("relative rms error of the outputs", scale: .log10), series: series)
        switch bound {
        case .loss(let most): chart.references = [.init(.horizontal, at: most, "bound")]
        case .energy(let most): chart.references = [.init(.vertical, at: most, "bound")]
        case nil: break
        }
        (chart.width, chart.height) = (520, 320)
        return chart
    }

    private func title(_ choice: Choice) -> String? {
        self[choice].map { entry, point, milliseconds in
            "\(entry.label), t = \(point.step): error \(ChartNumber.text(point.loss ?? .nan))"
                + (point.agreement.map { ", agreement \(ChartNumber.text($0))" } ?? "")
                + ", energy \(ChartNumber.text(point.energy)), \(entry.grades.levels) levels, \(entry.grades.weightCopies) weight copies, "
                + "\(ChartNumber.text(milliseconds)) ms/sample" + (choice == chosen ? ", chosen" : "")
        }
    }
}
