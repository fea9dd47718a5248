/// What is drawn of a series: its band, its line, its marks.
extension ChartDrawing {
    /// The stretches of points that can be drawn.
    private func runs(_ points: [Chart.Point]) -> [[(point: Chart.Point, x: Double, y: Double)]] {
        var runs: [[(point: Chart.Point, x: Double, y: Double)]] = [[]]
        for point in points {
            if let place = place(point) {
                runs[runs.count - 1].append((point, place.x, place.y))
            } else if !runs[runs.count - 1].isEmpty {
                runs.append([])
            }
        }
        return runs.filter { !$0.isEmpty }
    }

    private func path(_ points: some Collection<(x: Double, y: Double)>) -> String {
        "M" + points.map { Self.number($0.x) + "," + Self.number($0.y) }.joined(separator: "L")
    }

    /// The area between the lower and the upper ends of a line's bands; an upright stroke where a point stands alone.
    func bands(_ series: Chart.Series, _ tone: Chart.Series.Tone) -> [String] {
        let points = series.points.filter { $0.band != nil && place($0) != nil }
        let ends = points.compactMap { point -> (x: Double, lower: Double, upper: Double)? in
            guard let band = point.band, let x = across(point.x), let upper = down(band.upperBound) else { return nil }
            // On a logarithmic axis what reaches down to 0 ends at the edge.
            return (x, down(band.lowerBound) ?? down(y.lower) ?? upper, upper)
        }
        guard !ends.isEmpty else { return [] }
        if series.style == .line, ends.count > 1 {
            let outline = path(ends.map { ($0.x, $0.upper) } + ends.reversed().map { ($0.x, $0.lower) })
            return ["<g class=\"\(tone.name)\"><path class=\"band\" d=\"\(outline)z\"/></g>"]
        }
        return ends.map {
            "<g class=\"\(tone.name)\"><path class=\"line\" d=\"M\(Self.number($0.x)),\(Self.number($0.lower))V\(Self.number($0.upper))\"/></g>"
        }
    }

    func lines(_ series: Chart.Series, _ tone: Chart.Series.Tone) -> [String] {
        guard series.style == .line || series.style == .steps else { return [] }
        return runs(series.points).filter { $0.count > 1 }.map { run in
            var points = run.map { (x: $0.x, y: $0.y) }
            if series.style == .steps {
                points = zip(points, points.dropFirst()).flatMap { [$0, (x: $1.x, y: $0.y)] } + points.suffix(1)
            }
            return "<g class=\"\(tone.name)\"><path class=\"line\" d=\"\(path(points))\"><title>\(Markup.escaped(series.name))</title></path></g>"
        }
    }

    /// A mark for every point, which says its numbers.
    func marks(_ series: Chart.Series, _ tone: Chart.Series.Tone, _ index: Int) -> String {
        let places = series.points.compactMap { point in place(point).map { (point, $0) } }
        // Where there are many, marks are small, so that the line stays visible.
        let radius = places.count > 60 ? 1.4 : places.count > 24 ? 2.3 : 3.4
        let width = barWidth
        let marks = places.map { point, place in
            let title = "<title>\(Markup.escaped(title(point, of: series)))</title>"
            switch series.style {
            case .line, .points, .steps: return "<path class=\"mark\" d=\"\(tone.shape.path(place.x, place.y, radius))\">\(title)</path>"
            case .ticks: return "<path class=\"spike\" d=\"M\(Self.number(place.x)),\(Self.number(place.y - 3))v6\">\(title)</path>"
            case .bars:
                let barred = chart.series.indices.filter { chart.series[$0].style == .bars }
                let offset = Double(barred.firstIndex(of: index) ?? 0) - Double(barred.count) / 2
                let (upper, lower) = (min(place.y, ground), max(place.y, ground))
                return "<rect class=\"bar\" x=\"\(Self.number(place.x + offset * width))\" y=\"\(Self.number(upper))\" "
                    + "width=\"\(Self.number(width))\" height=\"\(Self.number(max(0.5, lower - upper)))\">\(title)</rect>"
            }
        }
        return "<g class=\"\(tone.name)\">" + marks.joined(separator: "\n") + "</g>"
    }

    private func title(_ point: Chart.Point, of series: Chart.Series) -> String {
        if let title = point.title { return title }
        let band = point.band.map { ", \(ChartNumber.text($0.lowerBound))…\(ChartNumber.text($0.upperBound))" } ?? ""
        return "\(series.name): \(chart.x.label) \(ChartNumber.text(point.x)), \(chart.y.label) \(ChartNumber.text(point.y))\(band)"
    }

    /// Of one bar: those of all series share the smallest distance between two places.
    private var barWidth: Double {
        let barred = chart.series.filter { $0.style == .bars }
        let places = Set(barred.flatMap(\.points).compactMap { across($0.x) }).sorted()
        let gap = zip(places, places.dropFirst()).map { $1 - $0 }.min() ?? chart.width / 4
        return max(0.5, min(40, gap * 0.8 / Double(max(1, barred.count))))
    }
}
