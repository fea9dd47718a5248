import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Pages and tables of every task hold its figures, and nothing that only classifications have.
@Suite struct TaskReportTests {
    private func results(_ task: Evaluation.Task) throws -> Results {
        switch task {
        case .regression:
            var random = SeededGenerator(seed: 4)
            let labels = random.normalTensor([TaskBench.samples, 3])
            return try TaskBench(features: TaskBench.samples).evaluation(task, [("y", .float32(labels))]).run()
        case .classification:
            return try TaskBench(tokens: true)
                .evaluation(task, [("labels", .int64([TaskBench.samples, TaskBench.positions], TaskBench.ids))]).run()
        case .agreement, .embedding, .languageModel: return try TaskBench(tokens: true).evaluation(task).run()
        }
    }

    private func text(_ value: Double, _ figure: Evaluation.Figure) -> String {
        figure.style == .fraction ? TextTable.fixed(value * 100, 2) + " %" : TextTable.fixed(value, 4)
    }

    @Test(arguments: Evaluation.Task.allCases) func everyFormatHoldsTheFigures(task: Evaluation.Task) throws {
        let results = try results(task)
        let report = Report([.init("run", results)])
        for step in results.steps {
            for figure in task.figures {
                let value = try #require(step.value(of: figure))
                #expect(report.html.contains(">\(text(value, figure))<"), "\(figure.key)")
                #expect(report.markdown.contains(text(value, figure)), "\(figure.key)")
                let key = task == .classification ? "steps.\(figure.key)" : "steps.figures.\(figure.key)"
                let line = report.csv.split(separator: "\n").first { $0.hasPrefix("run,\(key),,\(step.step),") }
                let cell = try #require(line?.split(separator: ",", omittingEmptySubsequences: false)[5])
                #expect(Double(cell) == value && line?.hasSuffix("after step t") == true, "\(line ?? "")")
            }
        }
        for figure in task.figures where figure.isOfANN {
            let value = try #require(results.annValue(of: figure))
            #expect(report.html.contains(text(value, figure)), "\(figure.key) of the ANN")
        }
        #expect(report.html.contains("Which class is taken for which") == (task == .classification))

        for word in ["nan", "Optional("] { #expect(!report.markdown.contains(word), "\(word)") }
        #expect(report.markdown.contains("task \(task.rawValue)"))
        for note in results.reading?.notes ?? [] { #expect(report.html.contains(note.replacing("'", with: "&#39;")) || report.html.contains(note)) }
        #expect(report.html.contains("ANN"), "as a line")
    }

    @Test(arguments: Evaluation.Task.allCases) func theTableHoldsTheFigures(task: Evaluation.Task) throws {
        let results = try results(task)
        let table = ResultsTable.text(results)
        let lines = table.split(separator: "\n").map(String.init)
        let shown = task == .classification ? task.figures.filter(\.isOfANN) : task.figures
        for figure in shown { #expect(table.contains(figure.title)) }
        for step in results.steps {
            let line = try #require(lines.first { $0.hasPrefix("t = \(step.step)") })
            for figure in shown { #expect(line.contains(TextTable.fixed(step.value(of: figure)!, 4)), "\(figure.key) in \(line)") }
        }
    }

    /// Tasks stand side by side, each with its own drawing and table, and the page says that they cannot be compared.
    @Test func tasksStandSideBySide() throws {
        let all = try Evaluation.Task.allCases.map { Report.Run($0.rawValue, try results($0)) }
        let report = Report(all)
        #expect(report.differences.contains { $0.contains("the task") })
        for title in [
            "Accuracy after t steps", "Agreement after t steps", "Mean cosine after t steps", "Perplexity after t steps", "RMSE after t steps",
        ] {
            #expect(report.html.contains(title), "\(title)")
        }
    }

    @Test func alteredFilesAreRefused() throws {
        let folder = try TemporaryDirectory()
        let changes: [(Evaluation.Task, (inout Results) -> Void)] = [
            (.classification, { $0.steps[1].top1 = nil }), (.classification, { $0.reading?.counted = 0 }),
            (.agreement, { $0.steps[0].figures!["agreement"] = 1.5 }),
            (.languageModel, { $0.annFigures!["nextTokenAccuracy"] = -1 }),
        ]
        for (task, change) in changes {
            var results = try results(task)
            change(&results)
            let path = try folder.write([UInt8](try JSONEncoder().encode(results)), to: "r.json")
            let error = #expect(throws: ReportError.self) { try ResultFile.read(path) }
            #expect(error?.description.contains("altered or damaged") == true, "\(error?.description ?? "")")
        }
    }

    @Test func aNetworkThatKeepsUpIsSaidTo() throws {
        var results = try results(.languageModel)
        let ann = try #require(results.annFigures?["perplexity"])
        for (index, factor) in [3, 1.005, 1.002].enumerated() { results.steps[index].figures!["perplexity"] = ann * factor }
        #expect(Report([.init("run", results)]).markdown.contains("From t = 2 on perplexity stays within 1 % of the ANN's"))
        results.steps[2].figures!["perplexity"] = ann * 1.02
        #expect(Report([.init("run", results)]).markdown.contains("perplexity is still more than 1 % above the ANN's"))
        // What is no number is missing, and no page stumbles over it.
        results.steps[0].figures!["perplexity"] = nil
        #expect(Report([.init("run", results)]).html.contains("–"))
    }
}
