import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `volley report` and `evaluate --report`, as users run them.
@Suite struct ReportCommandTests {
    private let folder: TemporaryDirectory
    private let data = Fixture.path("digits-vit/test.npz")

    init() throws {
        folder = try TemporaryDirectory()
        try CommandLineTool.convertDigits(to: folder.file("net.volley"), ["--no-check"])
        let outcome = try evaluate("--json", "one.json", "--report", "one.html")
        #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    }

    private func volley(_ arguments: String...) throws -> CommandLineTool.Outcome { try CommandLineTool.run(arguments, in: folder.path) }

    private func evaluate(_ extra: String...) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(["evaluate", "net.volley", data, "--steps", "2", "--limit", "20"] + extra, in: folder.path)
    }

    private func text(_ name: String) throws -> String { String(decoding: try folder.bytes(name), as: UTF8.self) }

    /// The page that an evaluation writes is the one of its JSON, but for what the run is called.
    @Test func inOneGoAndInTwo() throws {
        #expect(try volley("report", "one.json", "-o", "two.html").code == 0)
        #expect(try text("two.html").replacing(">one<", with: ">net<").contains(">net<"))
        let (one, two) = (try text("one.html"), try text("two.html"))
        #expect(
            one.count > 30_000 && one == two.replacing("one", with: "net") || one.replacing("net", with: "one") == two.replacing("net", with: "one"))
        #expect(one.contains("blocks.0.attn.q") && one.contains("On 4 samples"))
    }

    @Test func formatsFollowTheName() throws {
        for (name, start) in [("a.md", "# one"), ("a.csv", "run,figure"), ("a.HTM", "<!DOCTYPE html>"), ("a.markdown", "# one")] {
            #expect(try volley("report", "one.json", "-o", name).code == 0)
            #expect(try text(name).hasPrefix(start), "\(name)")
        }
        #expect(try volley("report", "one.json", "-o", "page", "--format", "csv").code == 0)
        for arguments in [["-o", "page"], ["-o", "page.txt"], ["-o", "page.html", "--format", "pdf"]] {
            let outcome = try CommandLineTool.run(["report", "one.json"] + arguments, in: folder.path)
            #expect(outcome.code == 2 && outcome.errors.contains("csv"), "\(outcome.errors)")
        }
        let outcome = try evaluate("--report", "page.txt")
        #expect(outcome.code == 2 && outcome.errors.contains("--report") && outcome.output.isEmpty, "\(outcome.errors)")
    }

    @Test func severalSideBySide() throws {
        #expect(try evaluate("--json", "other.json", "--prices", "45nm-sram", "--detail", "0", "--weights", "int8").code == 0)
        let outcome = try volley("report", "one.json", "other.json", "-o", "both.html")
        #expect(outcome.code == 0 && outcome.errors.contains("the prices of operations: one 45nm, other 45nm-sram"), "\(outcome.errors)")
        #expect(try text("both.html").contains("They differ in the prices of operations"))
    }

    /// Nothing is half-written, and nothing that was read is lost.
    @Test func whatCannotBeReportedIsRefused() throws {
        try folder.write(Array("{}".utf8), to: "empty.json")
        let attempts = [
            (["empty.json"], "page.html", "not a result file"), (["absent.json"], "page.html", "absent.json"),
            (["net.volley"], "page.html", "net.volley"),
            (["one.json", "empty.json"], "page.html", "empty.json"), (["one.json"], "absent/page.html", "does not exist"),
            ([], "page.html", "results"),
        ]
        for (inputs, output, word) in attempts {
            let outcome = try CommandLineTool.run(["report"] + inputs + ["-o", output], in: folder.path)
            #expect(outcome.code == 2 && outcome.errors.contains(word) && outcome.output.isEmpty, "\(inputs): \(outcome.code) \(outcome.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("page.html")))
        let own = try volley("report", "one.json", "-o", "one.json", "--format", "html")
        #expect(own.code == 2 && own.errors.contains("is an input too"), "\(own.errors)")
        let twice = try evaluate("--json", "x.html", "--report", "x.html")
        #expect(twice.code == 2 && twice.errors.contains("one file"), "\(twice.errors)")
        let old = try folder.bytes("one.html")
        let limited = try CommandLineTool.run(["report", "one.json", "-o", "one.html"], in: folder.path, shell: "ulimit -f 1; exec \"$@\"")
        #expect(limited.code == 2 && limited.errors.contains("disk has room"), "\(limited.errors)")
        #expect(try folder.bytes("one.html") == old)
    }

    /// A browser lays the page out without a sideways scroll, on a telephone too, where there is one to ask.
    @Test(arguments: [390, 1280]) func aBrowserShowsIt(width: Int) throws {
        let browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        guard let browser = browsers.first(where: FileManager.default.isExecutableFile) else { return }
        // The page in a frame of that width says how wide it would like to be.
        let page = """
            <body><iframe id="f" src="one.html" style="width:\(width)px;height:900px;border:0"></iframe><p id="w">none</p><script>
            document.getElementById("f").onload = e => {
              const d = e.target.contentDocument.documentElement
              document.getElementById("w").textContent = "width " + d.scrollWidth + " charts " + d.querySelectorAll("svg.chart").length
            }</script></body>
            """
        try folder.write(Array(page.utf8), to: "frame.html")
        let process = Process()
        process.executableURL = URL(filePath: browser)
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--user-data-dir=" + folder.file("profile"),
            "--virtual-time-budget=5000", "--dump-dom", "file://" + folder.file("frame.html"),
        ]
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        try process.run()
        let dom = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let found = try #require(dom.firstMatch(of: #/width (\d+) charts (\d+)/#), "\(dom.prefix(300))")
        #expect(Int(found.output.1)! <= width && Int(found.output.2)! == 9, "\(found.output)")
    }
}
