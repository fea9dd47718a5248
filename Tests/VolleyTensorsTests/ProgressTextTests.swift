import Testing
import VolleyTensors

@Suite struct ProgressTextTests {
    /// What came before the work, such as kept progress, neither counts as done here nor as time.
    @Test func timeCountsFromWhereWorkBegins() {
        var text = ProgressText("evaluating", lineChanges: true)
        #expect(text.line(500, of: 1000, at: 90) == "evaluating: 500/1000")
        #expect(text.line(600, of: 1000, at: 100) == "evaluating: 600/1000, 10.0 samples/s, 40 s left")
        #expect(text.line(1000, of: 1000, at: 140) == "evaluating: 1000/1000, 10.0 samples/s, 50 s")
        // Another round begins anew.
        #expect(text.line(0, of: 1000, at: 200) == "evaluating: 0/1000")
        #expect(text.line(2, of: 1000, at: 202) == "evaluating: 2/1000, 1.00 samples/s, 17 min left")
    }

    /// Without a terminal there is a line now and then, however fast samples come, and none for what is short.
    @Test func linesThatStayAreFew() {
        var text = ProgressText("evaluating", lineChanges: false)
        let lines = (0...1000).compactMap { text.line($0, of: 1000, at: Double($0) / 10) }
        #expect(lines.count == 4, "\(lines)")
        #expect(lines[0] == "evaluating: 300/1000, 10.0 samples/s, 70 s left" && lines[3].hasPrefix("evaluating: 1000/1000"))
        var short = ProgressText("evaluating", lineChanges: false)
        #expect((0...1000).allSatisfy { short.line($0, of: 1000, at: Double($0) / 50) == nil })
    }

    /// Programs that run the tool want lines more often than a log does.
    @Test func linesThatStayComeAsOftenAsIsAskedFor() {
        var text = ProgressText("evaluating", lineChanges: false, pause: 1)
        let lines = (0...100).compactMap { text.line($0, of: 100, at: Double($0) / 10) }
        #expect(lines.count == 10 && lines[0] == "evaluating: 10/100, 10.0 samples/s, 9 s left", "\(lines)")
    }
}
