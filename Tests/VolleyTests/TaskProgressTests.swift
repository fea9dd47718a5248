import Foundation
import Testing
import Volley
import VolleyTestSupport

/// However the samples of a task are grouped, and wherever a run is cut, the results are the same bytes.
@Suite struct TaskProgressTests {
    private struct Interruption: Error {}

    private func json(_ results: Results) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(results)
    }

    @Test(arguments: Evaluation.Task.allCases) func partsMakeTheWhole(task: Evaluation.Task) throws {
        let (bench, beside) = try TaskBench.of(task)
        let whole = try json(bench.evaluation(task, beside, batch: TaskBench.samples).run())
        for batch in [1, 3, 7] {
            #expect(try json(bench.evaluation(task, beside, batch: batch, threads: 2).run()) == whole)
            let progress = bench.folder.file("progress-\(batch)")
            var rounds = 0
            // Cut after every batch until none is left.
            while true {
                rounds += 1
                do {
                    let evaluation = try bench.evaluation(task, beside, batch: batch)
                    var isFirst = true
                    let results = try evaluation.run(resumeFile: progress) { done, total in
                        defer { isFirst = false }
                        if !isFirst, done < total { throw Interruption() }
                    }
                    #expect(try json(results) == whole)
                    break
                } catch is Interruption {}
            }
            #expect(rounds == (TaskBench.samples + batch - 1) / batch)
        }
    }

    @Test(arguments: Evaluation.Task.allCases) func resultsSurviveTheirFile(task: Evaluation.Task) throws {
        let (bench, beside) = try TaskBench.of(task)
        let results = try bench.evaluation(task, beside).run()
        let path = try bench.folder.write([UInt8](try json(results)), to: "r.json")
        var read = try ResultFile.read(path)
        read.settings = results.settings
        #expect((read == results) == true)
        #expect(read.task == task)
    }

    /// Every figure that the file holds is explained, and nothing that it does not hold.
    @Test(arguments: Evaluation.Task.allCases) func figuresAreExplained(task: Evaluation.Task) throws {
        let (bench, beside) = try TaskBench.of(task)
        let results = try bench.evaluation(task, beside).run()
        let object = try #require(try JSONSerialization.jsonObject(with: json(results)) as? [String: Any])
        let step = try #require((object["steps"] as? [[String: Any]])?.first)
        let figures = (step["figures"] as? [String: Any]) ?? [:]
        let quantities = try #require(results.quantities)
        for key in figures.keys { #expect(quantities["steps.figures." + key] != nil, "\(key)") }
        for key in (results.annFigures ?? [:]).keys { #expect(quantities["annFigures." + key] != nil, "\(key)") }
        let known = quantities.keys.filter { $0.hasPrefix("steps.") }.map { $0.dropFirst("steps.".count) }
        for key in known {
            let name = key.hasPrefix("figures.") ? String(key.dropFirst("figures.".count)) : String(key)
            #expect((key.hasPrefix("figures.") ? figures[name] : step[name]) != nil, "\(key)")
        }
        #expect(task == .classification ? figures.isEmpty : figures.count == task.figures.count)
    }

    /// Sums that are impossible are refused even if somebody has put the right digest before them.
    @Test func impossibleSumsAreRefused() throws {
        let changes: [(Evaluation.Task, (inout [String: Any]) -> Void)] = [
            (.agreement, { $0["positions"] = Int.max }), (.agreement, { $0["agreements"] = [0, 0, 999] }), (.agreement, { $0["errors"] = [Any]() }),
            (.embedding, { $0["lowest"] = [0, 2, 0] }), (.embedding, { $0["samples"] = 3 }), (.embedding, { $0["cosines"] = [[1, 60, 1], [], []] }),
            (.embedding, { $0["paired"] = [0, 1] }), (.embedding, { $0["width"] = 1 }),
            (
                .embedding,
                { tally in
                    var kept = tally["kept"] as! [String: [String: Any]]
                    kept["0"]!["ann"] = ""
                    tally["kept"] = kept
                }
            ),
            (.languageModel, { $0["tokens"] = -1 }), (.languageModel, { $0["ann"] = nil }), (.languageModel, { $0["most"] = 1 << 40 }),
            (
                .languageModel,
                { tally in
                    var steps = tally["steps"] as! [[String: Any]]
                    steps[1]["negativeLogLikelihood"] = [-1, 33, 5]
                    tally["steps"] = steps
                }
            ),
            (.regression, { $0["samples"] = 0 }), (.regression, { $0["labels"] = [Any]() }), (.regression, { $0["relative"] = nil }),
        ]
        for (number, (task, change)) in changes.enumerated() {
            let (bench, beside) = try TaskBench.of(task)
            let progress = bench.folder.file("progress")
            #expect(throws: Interruption.self) {
                try bench.evaluation(task, beside).run(resumeFile: progress) { done, _ in if done == 4 { throw Interruption() } }
            }
            let bytes = try bench.folder.bytes("progress")
            let content = Data(bytes[(bytes.firstIndex(of: UInt8(ascii: "\n"))! + 1)...])
            var document = try #require(try JSONSerialization.jsonObject(with: content) as? [String: Any])
            var tally = try #require(document["tally"] as? [String: Any])
            var answers = try #require(tally["answers"] as? [String: [String: [String: Any]]])
            let name = try #require(answers.keys.first)
            change(&answers[name]!["_0"]!)
            (tally["answers"], document["tally"]) = (answers, tally)
            document["tally"] = tally
            let changed = [UInt8](try JSONSerialization.data(withJSONObject: document, options: .sortedKeys))
            let title = "volley progress \(volleyVersion) \(SHA256.digest(of: changed).hexadecimal)\n"
            try bench.folder.write(Array(title.utf8) + changed, to: "progress")
            let error = #expect(throws: EvaluationError.self) { try bench.evaluation(task, beside).run(resumeFile: progress) }
            #expect(error?.code == .malformedProgress, "\(number): \(error as Any)")
        }
    }
}
