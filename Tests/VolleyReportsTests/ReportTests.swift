import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Pages hold the figures of their results, need nothing but themselves, and say what cannot be compared.
@Suite struct ReportTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func percent(_ value: Double) -> String { TextTable.fixed(value * 100, 2) + " %" }

    @Test func thePageHoldsTheFigures() throws {
        let results = try SampleRuns.evaluate()
        let html = Report([.init("digits <ecmt>", results)]).html
        let document = try #require(WellFormed(html))
        let cells = document.all("td").map(\.text)
        #expect(document.all("h1")[0].text == "digits <ecmt>")
        for step in results.steps {
            #expect(cells.contains(percent(step.top1!)) && cells.contains(TextTable.fixed(step.energy.exact, 3)))
            #expect(cells.contains(TextTable.fixed(step.firingRate, 4)) && cells.contains(percent(step.agreement!)))
        }
        #expect(cells.contains(percent(results.ann!.top1)))
        let text = document.elements[0].text
        for site in results.sites { #expect(text.contains(site.name)) }
        for word in [results.digests.data, "layerNormalization", "softmax", "test.npz", "per step", "cumulative", results.grades.text] {
            #expect(text.contains(word), "\(word)")
        }
        let titles = document.all("title").map(\.text)
        for step in results.steps { #expect(titles.contains { $0.contains("t = \(step.step): \(percent(step.top1!))") }, "\(step.step)") }
        let detail = try #require(results.detail)
        #expect(cells.contains(TextTable.fixed(detail.sites[3].errors.last!!, 4)))
        let spikes = detail.raster.trains.reduce(0) { $0 + $1.codes.count { $0 != 0 } }
        #expect(document.all("path", class: "spike").count == spikes + 2, "and two in the legend")
    }

    @Test func thePageLoadsNothing() throws {
        let html = Report([.init("a", try SampleRuns.evaluate()), .init("b", try SampleRuns.evaluate(.differential))]).html
        let known = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"]
        let rest = known.reduce(html) { $0.replacing($1, with: "") }
        for word in ["http:", "https:", "src=", "<script", "@import", "url(", "<link"] { #expect(!rest.contains(word), "\(word)") }
        for text in ["prefers-color-scheme:dark", "@media print", "width=device-width"] { #expect(html.contains(text)) }
    }

    /// Whatever a result holds or lacks, there is a page, and its tables and drawings agree in all formats.
    @Test func whatIsMissingIsSaidOrLeftOut() throws {
        var old = try SampleRuns.evaluate(detail: 0)
        (old.confusion, old.floatingPoint, old.quantities) = (nil, nil, nil)
        old.annTop1Interval = nil
        for index in old.sites.indices { old.sites[index].firingRates = nil }
        for index in old.steps.indices { old.steps[index].top1Interval = nil }
        let runs = [
            old, try SampleRuns.evaluate(margins: [0.5, 0.9], detail: 0), try SampleRuns.evaluate(comparesWithANN: false, detail: 0),
            try SampleRuns.evaluate(.differential),
        ]
        for run in runs {
            let report = Report([.init("run", run)])
            let text = try #require(WellFormed(report.html)).elements[0].text
            #expect(!text.contains("nan") && !text.contains("Optional("))
            #expect(report.markdown.contains("## The answer") && report.csv.hasPrefix("run,figure,"))
        }
        #expect(Report([.init("run", runs[0])]).html.contains("holds no details") || Report([.init("run", runs[0])]).html.contains("hold no details"))
        #expect(Report([.init("run", runs[2])]).html.contains("the ANN was left out"))
        #expect(Report([.init("run", runs[1])]).html.contains("Stopped early"))
        let all = Report(runs.enumerated().map { .init("run \($0.offset)", $0.element) })
        #expect(WellFormed(all.html) != nil && all.differences.isEmpty)
    }

    @Test func whatCannotBeComparedIsSaid() throws {
        let first = try SampleRuns.evaluate(detail: 0)
        var other = first
        (other.samples, other.digests.data, other.prices) = (39, "0123456789abcdef", .withMemory)
        let report = Report([.init("a", first), .init("b", other), .init("a", first)])
        #expect(report.differences.count == 3)
        #expect(report.runs.map(\.label) == ["a", "b", "a (2)"])
        for word in ["the number of samples: a 40, b 39", "0123456789ab…", "45nm-sram"] { #expect(report.html.contains(word), "\(word)") }
        #expect(Report([.init("a", first), .init("b", first)]).differences.isEmpty)
    }

    @Test func everyNumberIsALineOfTheTable() throws {
        let results = try SampleRuns.evaluate()
        let lines = Report([.init("=a,\"b\"", results)]).csv.split(separator: "\n").map(String.init)
        #expect(lines[1].hasPrefix("\"'=a,\"\"b\"\"\",samples,,,,40,samples,timeless"))
        let label = "\"'=a,\"\"b\"\"\","
        for step in results.steps {
            let value = step.energy.exact
            #expect(lines.contains("\(label)steps.energy.exact,,\(step.step),,\(value),multiple of the ANN's energy,cumulative"), "\(value)")
            #expect(lines.contains("\(label)steps.counts.spikes,,\(step.step),,\(step.counts.spikes),\"operations, summed over samples\",per step"))
        }
        let site = try #require(results.detail?.sites[2])
        #expect(lines.contains { $0.hasPrefix("\(label)detail.sites.errors,\(site.name),3,,\(site.errors[2]!)") })
    }

    @Test func resultsAreReadAgain() throws {
        let results = try SampleRuns.evaluate()
        let path = try folder.write(try SampleRuns.json(results), to: "r.json")
        var read = try ResultFile.read(path)
        // How fast it went and on how many samples it looked inside is not written there.
        read.settings = results.settings
        #expect((read == results) == true)
    }

    @Test func whatIsNoResultFileIsRefused() throws {
        func refuse(_ bytes: [UInt8], _ words: String...) throws {
            let path = try folder.write(bytes, to: "r.json")
            let error = #expect(throws: ReportError.self) { try ResultFile.read(path) }
            for word in words { #expect(error?.description.contains(word) == true, "\(error?.description ?? "")") }
        }
        try refuse([], "no JSON object")
        try refuse(Array("[1]".utf8), "no JSON object")
        try refuse(Array("{\"a\": 1}".utf8), "not a result file", "missing")
        try refuse(Array("{\"entries\": [], \"unfit\": []}".utf8), "comparison of methods")
        try refuse([UInt8](repeating: UInt8(ascii: "["), count: 100_000), "no JSON object")
        let good = try SampleRuns.json(try SampleRuns.evaluate())
        func changed(_ change: (inout [String: Any]) -> Void) throws -> [UInt8] {
            var object = try #require(try JSONSerialization.jsonObject(with: Data(good)) as? [String: Any])
            change(&object)
            return [UInt8](try JSONSerialization.data(withJSONObject: object))
        }
        try refuse(try changed { ($0["version"], $0["steps"]) = ("0.0.1", [["step": 1]]) }, "0.0.1", "Measure again")
        try refuse(try changed { $0["steps"] = nil }, "'steps' is missing")
        let impossible: [(inout [String: Any]) -> Void] = [
            { $0["samples"] = 0 }, { $0["steps"] = [Any]() }, { $0["ann"] = ["top1": 2, "top5": 1] },
            { object in
                var sites = object["sites"] as! [[String: Any]]
                sites[0]["codes"] = [1]
                object["sites"] = sites
            },
            { object in
                var confusion = object["confusion"] as! [String: Any]
                confusion["classes"] = 2
                object["confusion"] = confusion
            },
            { object in
                var steps = object["steps"] as! [[String: Any]]
                steps.swapAt(0, 1)
                object["steps"] = steps
            },
        ]
        for change in impossible { try refuse(try changed(change), "altered or damaged") }
    }
}
