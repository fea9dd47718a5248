import Testing
import VolleyReports

@Suite struct ChartTests {
    private let plain = Chart.Axis("x")

    /// Every axis shows what it must, marks ascending numbers within its ends, and neither too few nor too many.
    @Test(arguments: [Chart.Axis.Scale.linear, .log2, .log10])
    func ticksHoldTheirNumbers(scale: Chart.Axis.Scale) {
        let cases: [[Double]] = [
            [0, 1], [0.9312, 0.9498], [1, 8], [1, 64], [3], [0], [1e-9, 2e-9], [-5, 17], [0.02, 4300], [1e6, 1e9], [-1e-300, 1e-300], [0.003, 0.7],
        ]
        for values in cases {
            let ticks = AxisTicks(Chart.Axis("x", scale: scale), showing: values)
            let shown = scale == .linear ? values : values.filter { $0 > 0 }
            #expect(ticks.lower < ticks.upper && shown.allSatisfy { ticks.lower...ticks.upper ~= $0 }, "\(values) \(ticks)")
            #expect(zip(ticks.values, ticks.values.dropFirst()).allSatisfy(<) && 2...12 ~= ticks.values.count, "\(values) \(ticks)")
            #expect(Set(ticks.labels).count == ticks.values.count, "\(values) \(ticks.labels)")
            for value in ticks.values { #expect(0...1 ~= ticks.place(of: value) ?? -1) }
        }
    }

    @Test func ticksAreRoundNumbers() {
        #expect(AxisTicks(plain, showing: [0.93, 0.951]).labels == ["0.930", "0.935", "0.940", "0.945", "0.950", "0.955"])
        #expect(AxisTicks(plain, showing: [0, 97]).labels == ["0", "20", "40", "60", "80", "100"])
        #expect(AxisTicks(Chart.Axis("t", scale: .log2, isWhole: true), showing: [1, 32]).labels == ["1", "2", "4", "8", "16", "32"])
        #expect(AxisTicks(Chart.Axis("x", scale: .log10), showing: [0.3, 4]).labels == ["0.2", "0.5", "1", "2", "5"])
        let whole = AxisTicks(Chart.Axis("t", isWhole: true), showing: [1, 3])
        #expect(whole.labels == ["1", "2", "3"] && (whole.lower, whole.upper) == (1, 3))
    }

    /// The largest numbers that there are still give an axis.
    @Test(arguments: [
        [-Double.greatestFiniteMagnitude, .greatestFiniteMagnitude], [1e300, 1.0000000001e300],
        [Double.leastNonzeroMagnitude, 2 * Double.leastNonzeroMagnitude], [1e17, 1e17 + 64],
    ])
    func awkwardNumbersEndInAnAxis(values: [Double]) {
        for scale in [Chart.Axis.Scale.linear, .log10] {
            let ticks = AxisTicks(Chart.Axis("x", scale: scale), showing: values)
            #expect(ticks.lower < ticks.upper && ticks.values.count <= 20)
            #expect(WellFormed(Chart("c", x: .init("x", scale: scale), y: plain, series: [.init("s", values.map { .init($0, $0) })]).svg) != nil)
        }
    }

    @Test func referencesAndWhatIsIncludedBelongToTheExtent() throws {
        #expect(AxisTicks(Chart.Axis("x", including: [0]), showing: [5, 6]).lower == 0)
        var chart = Chart("c", x: plain, y: plain, series: [.init("s", [.init(1, 0.5), .init(2, 0.6)])])
        chart.references = [.init(.horizontal, at: 3, "ANN")]
        let texts = try #require(WellFormed(chart.svg)).all("text").map(\.text)
        #expect(texts.contains("ANN") && texts.contains("3.0"), "\(texts)")
    }

    @Test func textIsEscaped() throws {
        let name = "a<b & \"c\" 'd' \u{1} ]]> <script>"
        let chart = Chart(
            name, x: .init(name, unit: name), y: .init(name), series: [.init(name, [.init(1, 1)]), .init(name, [.init(2, 1, title: name)])])
        for text in [chart.svg, chart.svgFile] {
            let document = try #require(WellFormed(text))
            let shown = name.replacing("\u{1}", with: "\u{FFFD}")
            #expect(document.elements[0].attributes["aria-label"] == shown)
            #expect(document.all("title").contains { $0.text == shown })
            #expect(document.all("script").isEmpty)
        }
    }

    /// Every point has a mark, and every mark says its numbers.
    @Test(arguments: [Chart.Series.Style.line, .points, .steps, .bars, .ticks])
    func everyMarkSaysItsNumbers(style: Chart.Series.Style) throws {
        let points = (1...9).map { Chart.Point(Double($0), Double($0 * $0) / 4, band: 0...30) }
        let chart = Chart("c", x: .init("t", isWhole: true), y: .init("y"), series: [.init("s", points, style: style)])
        let titles = try #require(WellFormed(chart.svg)).all("title").map(\.text)
        for point in points { #expect(titles.contains("s: t \(ChartNumber.text(point.x)), y \(ChartNumber.text(point.y)), 0…30"), "\(titles)") }
    }

    @Test func whatIsNotFiniteIsLeftOutWithAWord() throws {
        let points: [Chart.Point] = [.init(1, 1), .init(2, .nan), .init(3, 2), .init(.infinity, 2), .init(4, 0), .init(5, 3), .init(6, 4)]
        let chart = Chart("c", x: plain, y: .init("y", scale: .log10), series: [.init("s", points)])
        let document = try #require(WellFormed(chart.svg))
        #expect(document.all("path", class: "mark").count == 4)
        // A line needs two neighbours.
        #expect(document.all("path", class: "line").count == 1)
        #expect(document.all("desc")[0].text.contains("3 points are not drawn"))
        #expect(!chart.svg.contains("nan") && !chart.svg.contains("inf,"))
    }

    @Test func emptyChartsSaySo() throws {
        for series in [[], [Chart.Series("s", [])], [Chart.Series("s", [.init(.nan, 1)])]] {
            let chart = Chart("c", x: plain, y: .init("y", scale: .log2), series: series)
            #expect(try #require(WellFormed(chart.svg)).all("text").contains { $0.text == "nothing to show" })
        }
    }

    /// Colours come from variables with a light and a dark value, and a file of its own needs nothing else.
    @Test func filesStandAlone() throws {
        let chart = Chart("c", x: plain, y: plain, series: (0..<9).map { .init("series \($0)", [.init(Double($0), 1)], style: .points) })
        let document = try #require(WellFormed(chart.svgFile))
        #expect(document.all("style")[0].text.contains("prefers-color-scheme:dark"))
        #expect(document.all("style")[0].text == ChartStyle.css && WellFormed(chart.svg)?.all("style").isEmpty == true)
        #expect(Set(document.all("g").compactMap { $0.attributes["class"] }).count == 6)
        let shapes = document.all("g").filter { $0.text.hasPrefix("series") }.count
        #expect(shapes >= 9)
        #expect(!chart.svgFile.replacing("http://www.w3.org/2000/svg", with: "").contains("http"))
    }
}
