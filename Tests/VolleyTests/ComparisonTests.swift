import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Several methods on one network and one data set.
@Suite struct ComparisonTests {
    private let folder: TemporaryDirectory
    private let model: Model
    private let dataset: Dataset
    private let calibration: CalibrationSet

    init() throws {
        folder = try TemporaryDirectory()
        model = try Model.load(Fixture.path("digits-cnn/vgg-relu.onnx"))
        dataset = try Dataset.open(Fixture.path("digits-cnn/test.npz"))
        calibration = CalibrationSet(try Dataset.open(Fixture.path("digits-cnn/calibration.npz")))
    }

    private func comparison(_ candidates: [Comparison.Candidate], steps: [Int] = [1, 4, 6]) -> Comparison {
        Comparison(
            of: model, by: candidates, calibrating: calibration, on: dataset, steps: steps,
            settings: .init(timeSteps: 1, batchSize: 16, threads: 2, data: dataset.name))
    }

    /// A method that fits no network.
    private struct Unfit: ConversionMethod {
        let name = "unfit"
        let summary = "fits no network", citation = "none"
        let standing = Standing(.exact, "nothing")
        var settings: [MethodSetting<Self>] { [] }
        let requirements = [NetworkRequirement("another network") { _ in ConversionError(.unfitNetwork, "it needs another network") }]
        let observers: [any Observer.Type] = []
        func convert(_ graph: Graph, on calibration: Calibration) throws -> SpikingNetwork { fatalError("it was not asked whether it fits") }
    }

    @Test func figuresAreThoseOfConversionAndEvaluation() throws {
        let results = try comparison([.init(MultiThreshold.ecmt), .init(MultiThreshold.differential)]).run()
        #expect(results.entries.map(\.label) == ["ecmt", "differential"] && results.samples == 80 && results.unfit.isEmpty)
        for (entry, method) in zip(results.entries, [MultiThreshold.ecmt, .differential]) {
            var conversion = Conversion(of: model, method: method, calibrating: calibration)
            conversion.checksFidelity = false
            let network = try conversion.run()
            let alone = try Evaluation(network, on: dataset, settings: .init(timeSteps: 6)).run()
            #expect(entry.provenance == network.provenance && entry.needs.calibrationSamples == 64 && entry.needs.calibrationRounds == 1)
            #expect(results.ann == alone.ann?.top1 && results.dataDigest == alone.digests.data)
            #expect(results.annMultiplyAccumulates == alone.dense.multiplyAccumulates)
            for (found, step) in zip(entry.steps, [1, 4, 6]) {
                let expected = alone.steps[step - 1]
                #expect(found.step == step && found.top1 == expected.top1 && found.agreement == expected.agreement)
                #expect(found.firingRate == expected.firingRate && found.energy == expected.energy.exact)
                #expect(found.synapticOperations == expected.synapticOperations)
                #expect(found.top1Interval.lower < found.top1 && found.top1 <= found.top1Interval.upper)
            }
        }
        #expect(results.entries[0].steps.last!.agreement > results.entries[0].steps[0].agreement)
    }

    /// Counted anew from the outputs of both networks.
    @Test func agreementCountsEqualAnswers() throws {
        let network = try Conversion(of: model, method: MultiThreshold.ecmt, calibrating: calibration).run()
        let simulator = ParallelSimulator(try Program(network, timeSteps: 3), threads: 1)
        let x = try NpzArchive(path: Fixture.path("digits-cnn/test.npz")).array("x").tensor
        let (ann, spiking) = try simulator.answers(["x": x])
        let logits = spiking.outputs["logits"]!
        let results = try Evaluation(network, on: dataset, settings: .init(timeSteps: 3)).run()
        for step in 0..<3 {
            let answers = Tensor([80, 10], Array(logits.values[step * 800..<(step + 1) * 800])).argmaxOfRows()
            let equal = zip(answers, ann["logits"]!.argmaxOfRows()).count { $0 == $1 }
            #expect(results.steps[step].agreement == Double(equal) / 80)
        }
    }

    @Test func whatDoesNotFitIsListedWithItsReason() throws {
        let results = try comparison([.init(Unfit()), .init(MultiThreshold.ecmt, label: "second")], steps: [2]).run()
        #expect(results.unfit.map(\.reason) == ["it needs another network"] && results.entries.map(\.label) == ["second"])
        let text = ComparisonTable.text(results)
        #expect(text.contains("unfit           it needs another network") && text.contains("second"), "\(text)")
        // Where none fits there is nothing to measure, and nothing is claimed.
        let none = try comparison([.init(Unfit())]).run()
        #expect(none.entries.isEmpty && none.ann == nil && ComparisonTable.text(none).contains("it needs another network"))
    }

    /// Interrupted while the second method is measured, and gone on with.
    @Test func anInterruptedComparisonGoesOn() throws {
        struct Interruption: Error {}
        let comparison = comparison([.init(MultiThreshold.ecmt), .init(MultiThreshold.differential)])
        let whole = try comparison.run()
        var measured = 0
        #expect(throws: Interruption.self) {
            try comparison.run(
                resumeFile: { folder.file($0) },
                progress: { stage, done, _ in if stage == .measuring("differential"), done == 32 { throw Interruption() } })
        }
        let resumed = try comparison.run(
            resumeFile: { folder.file($0) }, progress: { stage, done, _ in if case .measuring = stage, done > 0 { measured += 1 } })
        // The first call of the finished method, and of the other one what was left from 32 on.
        #expect(measured == 1 + 1 + 3)
        #expect(resumed.entries.map(\.steps) == whole.entries.map(\.steps) && resumed.entries.map(\.provenance) == whole.entries.map(\.provenance))
        // Progress of another method's network is not taken for one's own.
        #expect(throws: EvaluationError.self) { try comparison.run(resumeFile: { _ in folder.file("ecmt") }) }
    }

    @Test func samplesOfTheCalibrationAreRefused() throws {
        var comparison = comparison([.init(MultiThreshold.ecmt)], steps: [1])
        comparison.dataset = try Dataset.open(Fixture.path("digits-cnn/calibration.npz"))
        #expect(throws: SpikingError.self) { try comparison.run() }
        comparison.allowsOverlap = true
        #expect(try comparison.run().samples == 64)
    }

    /// Values of Wilson's interval for 95 %, as SciPy computes it (`binomtest`).
    @Test(arguments: [(0.95, 100, 0.888250, 0.978456), (0, 10, 0, 0.277533), (1, 10, 0.722467, 1), (0.5, 4, 0.150039, 0.849961)])
    func intervalsAreWilsons(fraction: Double, samples: Int, lower: Double, upper: Double) {
        let interval = ConfidenceInterval(of: fraction, samples: samples)
        #expect(abs(interval.lower - lower) < 2e-6 && abs(interval.upper - upper) < 2e-6, "\(interval)")
    }
}
