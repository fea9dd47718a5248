internal import VolleyTensors

extension Chart {
    /// As a part of a page that holds ``ChartStyle/css``.
    public var svg: String { ChartDrawing(self).svg(style: nil) }

    /// As a file of its own, with its style in it.
    public var svgFile: String { ChartDrawing(self).svg(style: ChartStyle.css) }
}

/// A chart with its places worked out.
struct ChartDrawing {
    let chart: Chart
    let x: AxisTicks
    let y: AxisTicks
    private let left: Double
    private let top = 46.0
    private static let right = 16.0
    /// About the width of a character at 12 pixels: the drawing is made without knowing the font.
    private static let character = 6.4

    init(_ chart: Chart) {
        self.chart = chart
        let points = chart.series.flatMap(\.points)
        let isBarred = chart.series.contains { $0.style == .bars }
        let references = chart.references
        // Bars stand half a unit to either side of a whole number.
        let sides = isBarred && chart.x.isWhole ? points.flatMap { [$0.x - 0.5, $0.x + 0.5] } : []
        x = AxisTicks(
            chart.x, showing: points.map(\.x) + sides + references.filter { $0.direction == .vertical }.map(\.value), count: chart.x.isWhole ? 9 : 6)
        y = AxisTicks(
            chart.y,
            showing: points.map(\.y) + points.compactMap(\.band).flatMap { [$0.lowerBound, $0.upperBound] }
                + references.filter { $0.direction == .horizontal }.map(\.value) + (isBarred ? [0] : []))
        left = 14 + Self.character * Double(chart.y.isNumbered ? y.labels.map(\.count).max() ?? 1 : 0)
    }

    /// No narrower than the title.
    private var width: Double { max(left + chart.width + Self.right, 7.6 * Double(chart.title.count)) }

    func svg(style: String?) -> String {
        let (legend, legendHeight) = self.legend
        let height = top + chart.height + 40 + legendHeight
        let size = "\(Self.number(width)) \(Self.number(height))"
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 \(size)" \
            \(style == nil ? "" : "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\" ")role="img" \
            aria-label="\(Markup.escaped(chart.title))">
            """
        ]
        if let style { parts.append("<style>\(Markup.escaped(style))</style>") }
        parts.append("<desc>\(Markup.escaped(summary))</desc>")
        if style != nil { parts.append("<rect width=\"100%\" height=\"100%\" style=\"fill:var(--paper)\"/>") }
        parts.append("<text class=\"name\" x=\"2\" y=\"15\">\(Markup.escaped(chart.title))</text>")
        parts.append("<text class=\"small\" x=\"2\" y=\"35\">\(Markup.escaped(chart.y.text))</text>")
        parts += axes + chart.references.compactMap(reference)
        if chart.series.allSatisfy({ $0.points.allSatisfy { place($0) == nil } }) {
            parts.append(
                "<text class=\"small middle\" x=\"\(Self.number(left + chart.width / 2))\" "
                    + "y=\"\(Self.number(top + chart.height / 2))\">nothing to show</text>")
        }
        let tones = chart.series.enumerated().map { $1.tone ?? .number($0) }
        // Bands lie below all lines, lines below all marks.
        for (series, tone) in zip(chart.series, tones) { parts += bands(series, tone) }
        for (series, tone) in zip(chart.series, tones) { parts += lines(series, tone) }
        for (index, (series, tone)) in zip(chart.series, tones).enumerated() { parts.append(marks(series, tone, index)) }
        return (parts + legend).joined(separator: "\n") + "\n</svg>\n"
    }

    /// What the drawing shows, and what it leaves out.
    private var summary: String {
        let missing = chart.series.reduce(0) { $0 + $1.points.count { place($0) == nil } }
        return "\(chart.y.text) over \(chart.x.text)"
            + (missing == 0 ? "" : "; \(missing) points are not drawn: their numbers are not finite, or not positive on a logarithmic axis")
    }

    // MARK: Places

    static func number(_ value: Double) -> String {
        let text = TextTable.fixed(value, 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    func across(_ value: Double) -> Double? { x.place(of: value).map { left + $0 * chart.width } }
    func down(_ value: Double) -> Double? { y.place(of: value).map { top + (1 - $0) * chart.height } }
    func place(_ point: Chart.Point) -> (x: Double, y: Double)? {
        guard let x = across(point.x), let y = down(point.y) else { return nil }
        return (x, y)
    }
    /// The ground that bars stand on.
    var ground: Double { min(top + chart.height, down(0) ?? top + chart.height) }

    // MARK: Axes

    private var axes: [String] {
        let (bottom, end) = (top + chart.height, left + chart.width)
        var parts: [String] = []
        for (value, label) in zip(y.values, y.labels) where chart.y.isNumbered {
            guard let place = down(value) else { continue }
            parts.append("<path class=\"grid\" d=\"M\(Self.number(left)),\(Self.number(place))H\(Self.number(end))\"/>")
            parts.append("<text class=\"small end\" x=\"\(Self.number(left - 6))\" y=\"\(Self.number(place + 4))\">\(label)</text>")
        }
        for (value, label) in zip(x.values, x.labels) where chart.x.isNumbered {
            guard let place = across(value) else { continue }
            parts.append("<path class=\"axis\" d=\"M\(Self.number(place)),\(Self.number(bottom))v4\"/>")
            parts.append("<text class=\"small middle\" x=\"\(Self.number(place))\" y=\"\(Self.number(bottom + 16))\">\(label)</text>")
        }
        parts.append("<path class=\"axis\" d=\"M\(Self.number(left)),\(Self.number(bottom))H\(Self.number(end))\"/>")
        parts.append(
            "<text class=\"small middle\" x=\"\(Self.number(left + chart.width / 2))\" y=\"\(Self.number(bottom + 33))\">"
                + "\(Markup.escaped(chart.x.text))</text>")
        return parts
    }

    private func reference(_ line: Chart.Reference) -> String? {
        let (bottom, end, label) = (top + chart.height, left + chart.width, Markup.escaped(line.label))
        let title = "<title>\(label): \(ChartNumber.text(line.value))</title>"
        switch line.direction {
        case .horizontal:
            guard let place = down(line.value) else { return nil }
            // The label keeps away from the upper edge, where the axis has its name.
            let text = place < top + 6 ? place + 13 : place - 4
            return "<g><path class=\"reference\" d=\"M\(Self.number(left)),\(Self.number(place))H\(Self.number(end))\">\(title)</path>"
                + "<text class=\"small end\" x=\"\(Self.number(end - 2))\" y=\"\(Self.number(text))\">\(label)</text></g>"
        case .vertical:
            guard let place = across(line.value) else { return nil }
            let isRight = place > left + chart.width / 2
            return "<g><path class=\"reference\" d=\"M\(Self.number(place)),\(Self.number(top))V\(Self.number(bottom))\">\(title)</path>"
                + "<text class=\"small\(isRight ? " end" : "")\" x=\"\(Self.number(place + (isRight ? -4 : 4)))\" "
                + "y=\"\(Self.number(top + 11))\">\(label)</text></g>"
        }
    }

    // MARK: Legend

    /// Names with their marks below the drawing, in as many rows as they need, and the height of these.
    private var legend: (parts: [String], height: Double) {
        guard chart.series.count > 1 else { return ([], 0) }
        var parts: [String] = []
        var (x, y) = (4.0, top + chart.height + 54)
        for (index, series) in chart.series.enumerated() {
            let tone = series.tone ?? .number(index)
            let space = 24 + Self.character * Double(series.name.count)
            if x > 4, x + space > width { (x, y) = (4, y + 18) }
            parts.append(
                "<g class=\"\(tone.name)\">\(sample(series.style, tone, x + 5, y - 4))"
                    + "<text x=\"\(Self.number(x + 15))\" y=\"\(Self.number(y))\">\(Markup.escaped(series.name))</text></g>")
            x += space
        }
        return (parts, y - top - chart.height - 40 + 8)
    }

    private func sample(_ style: Chart.Series.Style, _ tone: Chart.Series.Tone, _ x: Double, _ y: Double) -> String {
        switch style {
        case .bars: "<path class=\"bar\" d=\"\(MarkerShape.square.path(x, y, 5))\"/>"
        case .ticks: "<path class=\"spike\" d=\"M\(Self.number(x)),\(Self.number(y - 5))v10\"/>"
        case .line, .points, .steps: "<path class=\"mark\" d=\"\(tone.shape.path(x, y, 4))\"/>"
        }
    }
}
