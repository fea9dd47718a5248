import Foundation
import Testing
import Volley
import VolleyTestSupport

/// The search for networks within a bound, on calibration data in two halves.
@Suite struct TuningTests {
    private let folder: TemporaryDirectory
    private let model: Model
    private let calibration: CalibrationSet

    init() throws {
        folder = try TemporaryDirectory()
        model = try Model.load(Fixture.path("digits-vit"))
        calibration = CalibrationSet(try Dataset.open(Fixture.path("digits-vit/calibration.npz")), limit: 64)
    }

    private func tuning(_ methods: [MethodCandidate], bound: TuningBound? = nil, refinements: Int = 3, threads: Int = 2) throws -> Tuning {
        try Tuning(of: model, by: methods, on: calibration, steps: [1, 2], bound: bound, refinements: refinements, threads: threads)
    }

    private static func few(_ energy: Double) throws -> MethodCandidate {
        try MethodCandidate("few-step", settings: [("steps", "1"), ("energy-budget", "\(energy)")])
    }

    /// The results without what differs from run to run.
    private func untimed(_ results: TuningResults) -> TuningResults {
        var results = results
        results.threads = 0
        for index in results.entries.indices {
            results.entries[index].times.conversionSeconds = 0
            results.entries[index].times.measuringSeconds = 0
            results.entries[index].times.millisecondsPerSample = []
        }
        return results
    }

    /// The samples of a half, as they are fed.
    private func samples(_ set: CalibrationSet) throws -> [[Float]] {
        guard case .dataset(let dataset) = set.source else { return [] }
        let loader = try BatchLoader(
            dataset, preprocessing: model.preprocessing, inputShape: [1, 8, 8], batchSize: 100, threads: 1)
        let tensor = try #require(try loader.next()).inputs
        return (0..<tensor.shape[0]).map { tensor.rows($0..<$0 + 1).values }
    }

    @Test func halvesShareNoSampleAndDependOnNothingElse() throws {
        let split = try CalibrationSplit(calibration, for: model, threads: 2)
        let (first, second) = (try samples(split.calibrating), try samples(split.measuring))
        #expect(first.count + second.count == 64 && abs(first.count - second.count) <= 2)
        #expect(Set(first).isDisjoint(with: second) && Set(first + second).count > 60)
        let again = try CalibrationSplit(calibration, for: model, threads: 1)
        #expect(try samples(again.calibrating) == first && samples(again.measuring) == second)
    }

    /// Arrays in which every sample stands several times, in another order each time: equal ones stay together.
    @Test func equalSamplesAreInOneHalf() throws {
        let x = try NpzArchive(path: Fixture.path("digits-vit/calibration.npz")).array("x").tensor
        let rows = (0..<12).map { x.rows($0..<$0 + 1) }
        let order = (0..<36).map { ($0 * 7) % 12 }
        let path = folder.file("repeated.npz")
        try NpzArchive.write([("input", .float32(Tensor.concatenatingRows(order.map { rows[$0] })))], to: path)
        let set = CalibrationSet(.arrays(try NamedArrays(path: path, for: model.graph)))
        let split = try CalibrationSplit(set, for: model, threads: 1)
        func values(_ set: CalibrationSet) throws -> [[Float]] {
            guard case .arrays(let arrays) = set.source else { return [] }
            return try (0..<arrays.count).map { try #require(arrays.samples($0..<$0 + 1)["input"]).values }
        }
        let (first, second) = (try values(split.calibrating), try values(split.measuring))
        #expect(first.count == 18 && second.count == 18 && Set(first).isDisjoint(with: second))
        // Of one sample alone no second half can be made.
        try NpzArchive.write([("input", .float32(Tensor.concatenatingRows([rows[0], rows[0]])))], to: path)
        let same = CalibrationSet(.arrays(try NamedArrays(path: path, for: model.graph)))
        #expect { try CalibrationSplit(same, for: model, threads: 1) } throws: { ($0 as? ConversionError)?.code == .noData }
    }

    /// Loss, agreement and energy, computed anew from the outputs on the second half of a network that is calibrated on the first.
    @Test func figuresAreThoseOfTheSecondHalf() throws {
        let tuning = try tuning([.init(MultiThreshold.differential)])
        let results = try tuning.run()
        let split = tuning.split
        let network = try Conversion(of: model, method: MultiThreshold.differential, calibrating: split.calibrating).run()
        let inputs = try samples(split.measuring)
        let simulator = try ReferenceSimulator(network, timeSteps: 2)
        let run = try simulator.answers(["input": Tensor([inputs.count, 1, 8, 8], inputs.flatMap(\.self))])
        let (ann, estimates) = (try #require(run.ann["logits"]), try #require(run.spiking.outputs["logits"]))
        let entry = try #require(results.entries.first)
        #expect(results.heldOutSamples == inputs.count && results.calibrationSamples == network.provenance.calibrationCount)
        #expect(entry.points.map(\.step) == [1, 2] && entry.grades == network.grades)
        var counts = OperationCounts()
        for (index, point) in entry.points.enumerated() {
            let values = Array(estimates.values[index * ann.count..<(index + 1) * ann.count])
            let distance = zip(values, ann.values).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
            let size = ann.values.reduce(0.0) { $0 + pow(Double($1), 2) }
            // The engine rounds otherwise than the reference.
            #expect(abs(try #require(point.loss) - (distance / size).squareRoot()) < 1e-3)
            let agreement = zip(Tensor(ann.shape, values).argmaxOfRows(), ann.argmaxOfRows()).count { $0 == $1 }
            #expect(abs(try #require(point.agreement) - Double(agreement) / Double(inputs.count)) < 0.05)
            counts += run.spiking.steps[index]
            let energy = EnergyRatios(counts, dense: SynapseMap(network.graph).dense, samples: inputs.count)
            #expect(abs(point.energy - energy.exact) < 1e-3 && abs(point.strictEnergy - energy.strict) < 1e-3)
            #expect(entry.times.millisecondsPerSample[index] > 0)
        }
    }

    /// A network is looked at where it was made for.
    @Test func timeStepsAreThoseOfTheCandidate() throws {
        let methods = [
            try MethodCandidate("few-step", settings: [("steps", "2")]), try MethodCandidate("ecmt", settings: [("optimal-for", "1")]),
            MethodCandidate(MultiThreshold.ecmt),
        ]
        #expect(try tuning(methods).run().entries.map { $0.points.map(\.step) } == [[2], [1], [1, 2]])
    }

    /// By definition: no point of the front is beaten, and every other one is.
    @Test func frontIsWhatNothingBeats() throws {
        let results = try tuning(
            [.init(MultiThreshold.ecmt), .init(MultiThreshold.differential), try Self.few(0.12), try Self.few(0.2)]
                + [MethodCandidate(RateConversion.qcfs)]
        ).run()
        var all: [(choice: TuningResults.Choice, energy: Double, loss: Double)] = []
        for entry in results.entries {
            for point in entry.points {
                all.append((TuningResults.Choice(label: entry.label, step: point.step), point.energy, try #require(point.loss)))
            }
        }
        #expect(all.count == 6 && results.front.count >= 3 && results.chosen == nil)
        for (choice, energy, loss) in all {
            let isBeaten = all.contains { $0.energy <= energy && $0.loss <= loss && ($0.energy < energy || $0.loss < loss) }
            #expect(results.front.contains(choice) == !isBeaten, "\(choice)")
        }
        // What cannot be converted is listed with its reason.
        #expect(results.unfit.map(\.label) == ["qcfs"] && results.unfit[0].reason.contains("rectifiers"))
        let text = TuningTable.text(results)
        #expect(text.contains("does not apply") && text.contains("\(results.front.count) on the front"))
    }

    @Test func lossIsKeptToWithTheLeastEnergy() throws {
        let coarse = [try Self.few(0.1), try Self.few(0.2)]
        let whole = try tuning(coarse).run()
        let losses = try whole.entries.map { try #require($0.points[0].loss) }
        #expect(losses[0] > losses[1])
        let bound = (losses[0] * losses[1]).squareRoot()
        let results = try tuning(coarse, bound: .loss(bound)).run()
        #expect(results.entries.count == 5)
        let (_, point, _) = try #require(results.chosen.flatMap { results[$0] })
        #expect(point.loss! <= bound && point.energy < whole.entries[1].points[0].energy)
        #expect(results.entries.flatMap(\.points).allSatisfy { $0.loss! > bound || $0.energy >= point.energy })
        // A bound that nothing keeps to chooses nothing.
        #expect(try tuning(coarse, bound: .loss(1e-9), refinements: 0).run().chosen == nil)
    }

    @Test func energyIsKeptToWithTheLeastLoss() throws {
        let results = try tuning([try Self.few(0.1), try Self.few(0.2)], bound: .energy(0.14)).run()
        let (_, point, _) = try #require(results.chosen.flatMap { results[$0] })
        #expect(point.energy <= 0.14 && point.energy > 0.13)
        #expect(results.entries.flatMap(\.points).allSatisfy { $0.energy > 0.14 || $0.loss! >= point.loss! })
    }

    @Test func threadsDoNotShow() throws {
        let methods = [try Self.few(0.15), MethodCandidate(MultiThreshold.ecmt)]
        let (one, three) = (
            try tuning(methods, bound: .loss(0.1), threads: 1).run(), try tuning(methods, bound: .loss(0.1), threads: 3).run()
        )
        #expect(untimed(one) == untimed(three))
    }

    /// The figures of the table are those of the file, which no half of the data can be used to judge.
    @Test func theNetworkIsTheOneThatWasMeasured() throws {
        let tuning = try tuning([try Self.few(0.15)], bound: .loss(0.5), refinements: 1)
        let results = try tuning.run()
        let chosen = try #require(results.chosen), network = try tuning.network(of: chosen)
        let alone = try Conversion(of: model, method: MethodCandidate.parsed(chosen.label).method as! FewStep, calibrating: tuning.split.calibrating)
            .run()
        #expect(network.neurons == alone.neurons && network.graph == alone.graph && network.provenance.calibrationCount == results.calibrationSamples)
        for half in [tuning.split.calibrating, tuning.split.measuring] {
            guard case .dataset(let dataset) = half.source else { continue }
            #expect(throws: SpikingError.self) { try CalibrationOverlap.check(network, dataset, threads: 1) }
        }
        try CalibrationOverlap.check(network, try Dataset.open(Fixture.path("digits-vit/test.npz")), threads: 1)
    }

    /// Interrupted at the third candidate, and gone on with: nothing is measured twice, and all comes out the same.
    @Test func anInterruptedTuningGoesOn() throws {
        struct Interruption: Error {}
        let tuning = try tuning([.init(MultiThreshold.ecmt), try Self.few(0.1), try Self.few(0.2)], bound: .loss(0.1))
        let whole = try tuning.run()
        let file = folder.file("kept")
        #expect(throws: Interruption.self) {
            try tuning.run(resumeFile: file, progress: { if $0.candidatesDone == 2, $0.stage == .measuring { throw Interruption() } })
        }
        var worked: Set<String> = []
        let resumed = try tuning.run(resumeFile: file, progress: { if let label = $0.label { worked.insert(label) } })
        #expect(untimed(resumed) == untimed(whole))
        #expect(!worked.contains("ecmt") && worked.count == whole.entries.count - 2)
        // What was measured once serves another bound; of other data it is refused.
        let other = try self.tuning(tuning.candidates, bound: .loss(0.2), refinements: 0)
        _ = try other.run(resumeFile: file, progress: { #expect($0.label == nil) })
        let less = try Tuning(
            of: model, by: tuning.candidates, on: CalibrationSet(calibration.source, limit: 32), steps: [1, 2], bound: nil)
        #expect { try less.run(resumeFile: file) } throws: { ($0 as? EvaluationError)?.code == .malformedProgress }
    }

    /// Every candidate of the grid is a method with settings that there are, under a label of its own.
    @Test(arguments: [[1], [1, 2, 4], [3, 32]]) func theGridCanBeTried(steps: [Int]) throws {
        let candidates = TuningGrid.candidates(steps: steps)
        #expect(Set(candidates.map(\.label)).count == candidates.count)
        #expect(Set(candidates.map(\.method.name)) == Set(ConversionMethods.all.map(\.name)))
        for candidate in candidates { try candidate.method.validate() }
    }

    /// Every network is a mark that says its numbers; the front is a line.
    @Test func theChartShowsEveryNetwork() throws {
        let results = try tuning([.init(MultiThreshold.ecmt), .init(MultiThreshold.differential), try Self.few(0.15)], bound: .energy(0.3)).run()
        let chart = results.chart
        #expect(chart.series.map(\.name) == ["front", "ecmt", "differential", "few-step"])
        #expect(chart.series.dropFirst().reduce(0) { $0 + $1.points.count } == results.entries.reduce(0) { $0 + $1.points.count })
        #expect(chart.series.first?.points.map(\.x) == results.front.compactMap { results[$0]?.point.energy })
        #expect(chart.series.flatMap(\.points).allSatisfy { $0.title?.contains("ms/sample") ?? false })
        #expect(chart.references.map(\.value) == [0.3] && chart.svgFile.contains("prefers-color-scheme"))
    }
}
