import Foundation
import Testing
import Volley
import VolleyTestSupport

/// What each task says, against figures worked out from the plain outputs.
@Suite struct TaskTests {
    /// Sums of a few hundred doubles in another order.
    private static let tolerance = 1e-9
    /// Vectors are means that are kept as 32-bit floats.
    private static let meanTolerance = 1e-6
    private typealias Bench = TaskBench

    private func expect(_ found: Double?, _ expected: Double, within tolerance: Double = tolerance, _ what: String) {
        #expect(found.map { abs($0 - expected) <= tolerance * max(1, abs(expected)) } == true, "\(what): \(found as Any), expected \(expected)")
    }

    // MARK: Language models

    /// Perplexity and accuracy of tokens shifted by one.
    private func language(_ output: [Float], counts: (_ index: Int) -> Bool, tokens: [Int] = Bench.ids) -> (loss: Double, right: Double) {
        let rows = Bench.rows(output, Bench.tokens)
        var (loss, right, count) = (0.0, 0.0, 0.0)
        for (index, row) in rows.enumerated() where index % Bench.positions < Bench.positions - 1 && counts(index) {
            let target = tokens[index + 1]
            loss -= log(exp(row[target]) / row.reduce(0) { $0 + exp($1) })
            right += Brute.largest(row) == target ? 1 : 0
            count += 1
        }
        return (loss / count, right / count)
    }

    private func expectLanguage(_ results: Results, _ outputs: (ann: [Float], steps: [[Float]]), counts: (Int) -> Bool, tokens: [Int] = Bench.ids) {
        let ann = language(outputs.ann, counts: counts, tokens: tokens)
        expect(results.annFigures?["negativeLogLikelihood"], ann.loss, "loss of the ANN")
        expect(results.annFigures?["perplexity"], exp(ann.loss), "perplexity of the ANN")
        expect(results.annFigures?["nextTokenAccuracy"], ann.right, "accuracy of the ANN")
        #expect(results.annFigures?.count == 3 && results.ann == nil && results.steps.count == Bench.timeSteps)
        for (step, output) in zip(results.steps, outputs.steps) {
            let found = language(output, counts: counts, tokens: tokens)
            expect(step.figures?["negativeLogLikelihood"], found.loss, "loss")
            expect(step.figures?["perplexity"], exp(found.loss), "perplexity")
            expect(step.figures?["perplexityRatio"], exp(found.loss) / exp(ann.loss), "ratio")
            expect(step.figures?["nextTokenAccuracy"], found.right, "accuracy")
            #expect(step.top1 == nil && step.agreement == nil && step.energy.exact > 0)
        }
    }

    @Test func tokensAreForetold() throws {
        let bench = try Bench(tokens: false)
        let results = try bench.evaluation(.languageModel).run()
        expectLanguage(results, try bench.outputs(), counts: { _ in true })
        #expect(results.reading?.counted == Bench.samples * (Bench.positions - 1) && results.reading?.shape == [Bench.positions, Bench.tokens])
        #expect(results.steps[0].figures!["perplexity"] != results.annFigures!["perplexity"], "spikes change something")
    }

    /// A position counts where both its token and the next one do.
    @Test(arguments: [true, false]) func masksLeavePositionsOut(isInput: Bool) throws {
        let bench = try Bench(tokens: isInput)
        let mask = [("attention_mask", NpyContent.int64([Bench.samples, Bench.positions], Bench.mask.map { $0 ? 1 : 0 }))]
        let results = try bench.evaluation(.languageModel, isInput ? [] : mask).run()
        expectLanguage(results, try bench.outputs(), counts: { Bench.mask[$0] && Bench.mask[$0 + 1] })
        #expect(results.reading?.notes.contains { $0.contains("attention_mask") } == true)
    }

    @Test func labelsStandForTokens() throws {
        let bench = try Bench(tokens: false)
        var labels = Bench.ids.map { ($0 + 3) % Bench.tokens }
        for index in stride(from: 0, to: labels.count, by: 4) { labels[index] = -100 }
        let results = try bench.evaluation(.languageModel, [("labels", .int64([Bench.samples, Bench.positions], labels))]).run()
        expectLanguage(results, try bench.outputs(), counts: { labels[$0 + 1] != -100 }, tokens: labels)
    }

    @Test func theANNCanBeLeftOut() throws {
        let bench = try Bench(tokens: false)
        let (whole, without) = (try bench.evaluation(.languageModel).run(), try bench.evaluation(.languageModel, ann: false).run())
        #expect(without.annFigures == nil && without.steps.allSatisfy { $0.figures!["perplexityRatio"] == nil })
        #expect(without.steps.map { $0.figures!["perplexity"]! } == whole.steps.map { $0.figures!["perplexity"]! })
        #expect(without.quantities!.keys.allSatisfy { !$0.hasPrefix("ann") && !$0.hasSuffix("perplexityRatio") })
    }

    // MARK: Classes of positions

    @Test(arguments: [false, true]) func positionsHaveClasses(masked: Bool) throws {
        let bench = try Bench(tokens: masked)
        var labels = Bench.ids.map { ($0 * 7 + 1) % Bench.tokens }
        for index in stride(from: 1, to: labels.count, by: 5) { labels[index] = -100 }
        let results = try bench.evaluation(.classification, [("labels", .int64([Bench.samples, Bench.positions], labels))]).run()
        let counted = labels.indices.filter { labels[$0] >= 0 && (!masked || Bench.mask[$0]) }
        let outputs = try bench.outputs()
        func figures(_ output: [Float]) -> (top1: Double, top5: Double, answers: [Int]) {
            let rows = Bench.rows(output, Bench.tokens)
            let ranks = counted.map { index in rows[index].count { $0 > rows[index][labels[index]] } }
            let count = Double(counted.count)
            return (Double(ranks.count { $0 == 0 }) / count, Double(ranks.count { $0 < 5 }) / count, counted.map { Brute.largest(rows[$0]) })
        }
        let ann = figures(outputs.ann)
        #expect(results.ann?.top1 == ann.top1 && results.ann?.top5 == ann.top5 && results.annTop1Interval == nil)
        for (step, output) in zip(results.steps, outputs.steps) {
            let found = figures(output)
            #expect(step.top1 == found.top1 && step.top5 == found.top5 && step.top1Interval == nil && step.figures == nil)
            #expect(step.agreement == Double(zip(found.answers, ann.answers).count { $0 == $1 }) / Double(counted.count))
        }
        #expect(results.reading?.counted == counted.count && results.confusion?.spiking.reduce(0) { $0 + $1.samples } == counted.count)
        #expect(results.quantities?["steps.top1"]?.unit == "fraction of positions" && results.quantities?["steps.top1Interval"] == nil)
    }

    // MARK: Without labels

    @Test(arguments: [false, true]) func answersAgree(positions: Bool) throws {
        let bench = positions ? try Bench(tokens: true) : try Bench(features: Bench.samples)
        let results = try bench.evaluation(.agreement).run()
        let outputs = try bench.outputs()
        let width = positions ? Bench.tokens : 3
        func rows(_ output: [Float]) -> [[Double]] {
            Bench.rows(output, width).enumerated().filter { !positions || Bench.mask[$0.offset] }.map(\.element)
        }
        let ann = rows(outputs.ann)
        for (step, output) in zip(results.steps, outputs.steps) {
            let found = rows(output)
            #expect(step.figures?["agreement"] == Double(zip(found, ann).count { Brute.largest($0) == Brute.largest($1) }) / Double(ann.count))
            expect(step.figures?["relativeError"], Brute.relativeError(found, ann), "relative error")
        }
        #expect(results.reading?.counted == ann.count && results.annFigures == nil && results.confusion == nil)
    }

    @Test(arguments: ["features", "tokens", "masked"]) func vectorsAreCompared(kind: String) throws {
        let bench = try kind == "features" ? Bench(features: Bench.samples) : Bench(tokens: kind == "masked")
        let results = try bench.evaluation(.embedding).run()
        let outputs = try bench.outputs()
        func vectors(_ output: [Float]) -> [[Double]] {
            guard kind != "features" else { return Bench.rows(output, 3) }
            let rows = Bench.rows(output, Bench.tokens)
            return (0..<Bench.samples).map { sample in
                let own = (0..<Bench.positions).map { sample * Bench.positions + $0 }.filter { kind == "tokens" || Bench.mask[$0] }
                return (0..<Bench.tokens).map { element in own.reduce(0) { $0 + rows[$1][element] } / Double(own.count) }
            }
        }
        func pairs(_ vectors: [[Double]]) -> [Double] {
            vectors.indices.flatMap { first in vectors.indices.filter { $0 < first }.map { Brute.cosine(vectors[first], vectors[$0]) } }
        }
        let ann = vectors(outputs.ann)
        for (step, output) in zip(results.steps, outputs.steps) {
            let found = vectors(output)
            let cosines = zip(found, ann).map { Brute.cosine($0, $1) }
            expect(step.figures?["meanCosine"], cosines.reduce(0, +) / Double(cosines.count), within: Self.meanTolerance, "mean cosine")
            expect(step.figures?["lowestCosine"], cosines.min()!, within: Self.meanTolerance, "lowest cosine")
            expect(step.figures?["rankCorrelation"], Brute.spearman(pairs(found), pairs(ann)), within: Self.meanTolerance, "rank correlation")
            expect(step.figures?["relativeError"], Brute.relativeError(found, ann), within: Self.meanTolerance, "relative error")
        }
        #expect((results.reading?.notes.isEmpty == true) == (kind == "features"))
        #expect(results.reading?.notes.contains { $0.contains("no mask") } == (kind == "tokens"))
    }

    /// Beyond a number of samples pairs are those of a part, which is the same in every run; all samples count for the cosines.
    @Test func pairsAreBounded() throws {
        let bench = try Bench(features: 300)
        let results = try bench.evaluation(.embedding, batch: 64).run()
        let outputs = try bench.outputs()
        let (found, ann) = (Bench.rows(outputs.steps[0], 3), Bench.rows(outputs.ann, 3))
        expect(results.steps[0].figures?["meanCosine"], zip(found, ann).reduce(0) { $0 + Brute.cosine($1.0, $1.1) } / 300, "mean cosine")
        let correlation = try #require(results.steps[0].figures?["rankCorrelation"])
        #expect(correlation > 0.5 && correlation < 1, "\(results.steps.map(\.figures))")
        #expect(try bench.evaluation(.embedding, batch: 7, threads: 2).run().steps == results.steps)
    }

    // MARK: Regression

    @Test func numbersAreMeasured() throws {
        let bench = try Bench(features: Bench.samples)
        var random = SeededGenerator(seed: 4)
        let labels = random.normalTensor([Bench.samples, 3])
        let results = try bench.evaluation(.regression, [("y", .float32(labels))]).run()
        let outputs = try bench.outputs()
        let truth = Bench.rows(labels.values, 3)
        let means = (0..<3).map { element in truth.reduce(0) { $0 + $1[element] } / Double(truth.count) }
        let variation = truth.reduce(0) { $0 + zip($1, means).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
        func check(_ figures: [String: Double]?, _ output: [Float]) {
            let errors = zip(Bench.rows(output, 3), truth).flatMap { zip($0, $1).map { $0 - $1 } }
            expect(figures?["meanAbsoluteError"], errors.reduce(0) { $0 + abs($1) } / Double(errors.count), "MAE")
            expect(figures?["rootMeanSquareError"], Brute.norm(errors) / Double(errors.count).squareRoot(), "RMSE")
            expect(figures?["determination"], 1 - errors.reduce(0) { $0 + $1 * $1 } / variation, "R²")
        }
        check(results.annFigures, outputs.ann)
        #expect(results.steps[0].figures!["relativeError"]! > 0.01, "spikes change something")
        for (step, output) in zip(results.steps, outputs.steps) {
            check(step.figures, output)
            expect(step.figures?["relativeError"], Brute.relativeError(Bench.rows(output, 3), Bench.rows(outputs.ann, 3)), "relative error")
        }
    }

    /// Labels that are all alike leave no variance to explain.
    @Test func equalLabelsHaveNoDetermination() throws {
        let bench = try Bench(features: Bench.samples)
        let labels = Tensor([Bench.samples, 3], repeating: 0.1)
        let results = try bench.evaluation(.regression, [("y", .float32(labels))]).run()
        #expect(results.annFigures?.keys.sorted() == ["meanAbsoluteError", "rootMeanSquareError"])
    }

    // MARK: Several inputs

    /// Classes of samples for a network with two inputs.
    @Test func namedInputsHaveLabels() throws {
        let graph = try SampleGraphs.twoInputs()
        let network = try SampleNetworks.network(graph, coding: .differential)
        let inputs = SampleGraphs.inputs(for: graph, batch: 9, seed: 6)
        let labels = (0..<9).map { $0 % 3 }
        let folder = try TemporaryDirectory()
        try NpzArchive.write(inputs.map { ($0.key, .float32($0.value)) } + [("labels", .int64(labels))], to: folder.file("two.npz"))
        let data = try EvaluationData.open(folder.file("two.npz"), for: graph, preprocessing: nil)
        #expect(data.count == 9 && data.diagnostics.isEmpty && data.arrays != nil)
        let results = try Evaluation(network, on: data, settings: .init(timeSteps: 2, batchSize: 4)).run()
        let answers = try Evaluator(graph).run(inputs)["logits"]!.argmaxOfRows()
        #expect(results.ann?.top1 == Double(zip(answers, labels).count { $0 == $1 }) / 9)
        #expect(results.annTop1Interval != nil && results.reading == nil && results.task == .classification)
        let exits = try Evaluation(network, on: data, settings: .init(timeSteps: 2, earlyExit: [0.5])).run()
        #expect(exits.exits?.count == 1 && exits.ann == results.ann)
    }
}
