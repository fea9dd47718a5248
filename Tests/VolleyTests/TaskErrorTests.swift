import Foundation
import Testing
import Volley
import VolleyTestSupport

/// What does not fit a task is refused before anything is run, with what was expected and found.
@Suite struct TaskErrorTests {
    private typealias Bench = TaskBench

    private func refuse(_ evaluation: @autoclosure () throws -> Evaluation, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation) {
        do {
            _ = try evaluation()
            Issue.record("this was not refused", sourceLocation: sourceLocation)
        } catch let error as any InputError {
            for word in words { #expect(error.description.contains(word), "\(error.description)", sourceLocation: sourceLocation) }
        } catch {
            Issue.record("\(error)", sourceLocation: sourceLocation)
        }
    }

    private func labels(_ shape: Shape, _ value: (Int) -> Int = { _ in 1 }) -> [(String, NpyContent)] {
        [("labels", .int64(shape, (0..<shape.count).map(value)))]
    }

    @Test func outputsMustFit() throws {
        let (tokens, features) = (try Bench(tokens: false), try Bench(features: Bench.samples))
        refuse(try tokens.evaluation(nil), "[N, classes]", "`Evaluation.Settings.task` agreement", "language-model", "logits [N, 6, 11]")
        refuse(
            try features.evaluation(.languageModel), "[N, positions, vocabulary]", "answer [N, 3]", "classification, agreement, embedding, regression"
        )
        let settings = Evaluation.Settings(timeSteps: 1, output: "nowhere", task: .agreement)
        refuse(try Evaluation(features.network, on: features.data(.agreement), settings: settings), "no output 'nowhere'")
        let graph = try SampleGraphs.twoInputs()
        let network = try SampleNetworks.network(graph, coding: .differential)
        let folder = try TemporaryDirectory()
        try NpzArchive.write(SampleGraphs.inputs(for: graph, batch: 4, seed: 6).map { ($0.key, .float32($0.value)) }, to: folder.file("two.npz"))
        let data = try EvaluationData.open(folder.file("two.npz"), for: graph, preprocessing: nil, task: .agreement)
        refuse(
            try Evaluation(network, on: data, settings: .init(timeSteps: 1, task: .agreement)), "2 outputs", "`Evaluation.Settings.output` logits",
            "`Evaluation.Settings.output` attention")
        #expect(try Evaluation(network, on: data, settings: .init(timeSteps: 1, output: "attention", task: .agreement)).run().reading?.counted == 20)
    }

    @Test func labelsMustBeThere() throws {
        let (tokens, features) = (try Bench(tokens: false), try Bench(features: Bench.samples))
        refuse(try features.evaluation(nil), "no labels", "`Evaluation.Settings.task` agreement")
        refuse(try features.evaluation(.classification), "no labels", "`Evaluation.Settings.task` agreement")
        refuse(try tokens.evaluation(.classification), "the class of every position", "no labels", "`Evaluation.Settings.task` agreement")
        refuse(try features.evaluation(.regression), "a number for every element", "no labels")
        refuse(try features.evaluation(.regression, arrays: ["y": "nothing"]), "nothing")
    }

    @Test func labelsMustFit() throws {
        let (tokens, features) = (try Bench(tokens: false), try Bench(features: Bench.samples))
        let (samples, positions) = (Bench.samples, Bench.positions)
        refuse(try tokens.evaluation(.classification, labels([samples])), "whole numbers [10, 6]", "[10]")
        refuse(
            try tokens.evaluation(.classification, labels([samples, positions]) { $0 == 13 ? 11 : 0 }), "labels 0…10",
            "11.0 at position 1 of data.npz[2]")
        refuse(try tokens.evaluation(.classification, labels([samples, positions]) { $0 == 13 ? -1 : 0 }), "-1.0 at position 1")
        let halves = Tensor([samples, positions], repeating: 0.5)
        refuse(try tokens.evaluation(.classification, [("labels", .float32(halves))]), "0.5 at position 0")
        refuse(try tokens.evaluation(.classification, labels([samples, positions]) { _ in -100 }), "No position counts", "-100")
        refuse(try tokens.evaluation(.classification, labels([samples - 1, positions])), "[10, …]", "[9, 6]")
        refuse(try features.evaluation(.regression, labels([samples, 4])), "[10, 3]", "[10, 4]")
        var values = Tensor([samples, 3], repeating: 1)
        values = Tensor(values.shape, values.values.enumerated().map { $0.offset == 4 ? .nan : $0.element })
        refuse(try features.evaluation(.regression, [("y", .float32(values))]), "finite", "data.npz[1]")
    }

    @Test func tokensMustFit() throws {
        let bench = try Bench(tokens: false)
        refuse(try bench.evaluation(.languageModel, labels([Bench.samples, 5])), "[10, 6]", "[10, 5]")
        refuse(try bench.evaluation(.languageModel, labels([Bench.samples, 6]) { $0 == 0 ? 40 : 0 }), "40.0 at position 0 of data.npz[0]")
        refuse(try bench.evaluation(.languageModel, labels([Bench.samples, 6]) { $0 % 6 == 0 ? 0 : -100 }), "No position counts")
        let tooLarge = (0..<60).map { $0 == 8 ? 12 : 0 }
        let path = bench.folder.file("large.npz")
        try NpzArchive.write([("input_ids", .int64([10, 6], tooLarge))], to: path)
        let data = try EvaluationData.open(path, for: bench.network.graph, preprocessing: nil, task: .languageModel)
        refuse(
            try Evaluation(bench.network, on: data, settings: .init(timeSteps: 1, task: .languageModel)), "no logit", "0…10",
            "12.0 at position 2 of large.npz[1]")
    }

    @Test func masksMustFit() throws {
        let bench = try Bench(tokens: false)
        func mask(_ shape: Shape, _ value: (Int) -> Int) -> [(String, NpyContent)] {
            [("attention_mask", .int64(shape, (0..<shape.count).map(value)))]
        }
        for task in [Evaluation.Task.agreement, .embedding, .languageModel] {
            refuse(try bench.evaluation(task, mask([Bench.samples, 5]) { _ in 1 }), "attention_mask", "[10, 6]", "[10, 5]")
            refuse(try bench.evaluation(task, mask([Bench.samples, 6]) { $0 == 7 ? 2 : 1 }), "2.0 in 'attention_mask' of data.npz[1]")
            refuse(try bench.evaluation(task, arrays: ["mask": "nothing"]), "'nothing'", "input_ids")
        }
        refuse(try bench.evaluation(.agreement, mask([Bench.samples + 1, 6]) { _ in 1 }), "10 samples", "[11, 6]")
        refuse(try bench.evaluation(.agreement, mask([]) { _ in 1 }), "10 samples", "[]")
        refuse(try bench.evaluation(.agreement, mask([Bench.samples, 6]) { _ in 0 }), "No position counts")
        refuse(try bench.evaluation(.languageModel, mask([Bench.samples, 6]) { $0 % 2 }), "No position counts")
        refuse(try bench.evaluation(.embedding, mask([Bench.samples, 6]) { $0 / 6 == 4 ? 0 : 1 }), "no position of data.npz[4]")
        let named = [("keep", NpyContent.int64([Bench.samples, 6], [Int](repeating: 1, count: 60)))]
        #expect(try bench.evaluation(.embedding, named, arrays: ["mask": "keep"]).run().reading?.notes.contains { $0.contains("'keep'") } == true)
    }

    /// What stands in the file and is not read is said.
    @Test func whatIsNotReadIsSaid() throws {
        let (tokens, features) = (try Bench(tokens: true), try Bench(features: Bench.samples))
        let both = [
            ("attention_mask", NpyContent.int64([Bench.samples, 6], [Int](repeating: 1, count: 60))),
            ("y", .int64([Int](repeating: 1, count: Bench.samples))),
        ]
        func notes(_ evaluation: Evaluation) -> [String] { evaluation.diagnostics.map(\.description) }
        let unread = notes(try features.evaluation(.embedding, both))
        #expect(unread.count == 2 && unread.contains { $0.contains("mask 'attention_mask'") } && unread.contains { $0.contains("labels 'y'") })
        #expect(notes(try features.evaluation(nil, both)).count == 1, "labels are read")
        let numbers = [("y", NpyContent.float32(Tensor([10, 6, 11], repeating: 1)))]
        for evaluation in [try tokens.evaluation(.embedding), try tokens.evaluation(.regression, numbers)] { #expect(notes(evaluation).isEmpty) }
    }

    @Test func comparisonsNeedSomethingToCompare() throws {
        let bench = try Bench(features: Bench.samples)
        for task in [Evaluation.Task.agreement, .embedding] { refuse(try bench.evaluation(task, ann: false), "the ANN cannot be left out") }
        refuse(try bench.evaluation(.embedding, limit: 1), "more than one pair", "3 samples at least", "1")
        refuse(
            try Evaluation(bench.network, on: bench.data(.agreement), settings: .init(timeSteps: 2, earlyExit: [0.5], task: .agreement)),
            "leave early exit out")
        let network = try SampleNetworks.network(try SampleGraphs.twoInputs(), coding: .differential)
        let dataset = try Dataset.open(Fixture.path("digits-vit/test.npz"))
        refuse(try Evaluation(network, on: dataset, settings: .init(timeSteps: 1)), "2 inputs", "tokens, mask")
        refuse(
            try Evaluation(bench.network, on: dataset, settings: .init(timeSteps: 1, task: .regression)), "labels",
            ".npz file with an array of labels")
    }
}
