import Foundation
import Synchronization
import Testing
import Volley
import VolleyTestSupport

/// Networks that were made bad on purpose: what is wrong is found, and what is advised does what was predicted.
@Suite struct VerificationTests {
    private static let samples = 24

    /// Samples, the first of which are measured on where there are more.
    private static func data(_ limit: Int = samples) throws -> CalibrationSet {
        CalibrationSet(try Dataset.open(Fixture.path("digits-vit/test.npz")), limit: limit)
    }

    private static func inputs() throws -> [String: Tensor] {
        let loader = try BatchLoader(
            Dataset.open(Fixture.path("digits-vit/test.npz")), preprocessing: nil, inputShape: [1, 8, 8], batchSize: samples, threads: 1)
        return ["input": try #require(try loader.next()).inputs]
    }

    private static let conversions = Mutex<[String: SpikingNetwork]>([:])

    /// Each conversion once.
    private static func converted(_ label: String) throws -> SpikingNetwork {
        try conversions.withLock { known in
            if let network = known[label] { return network }
            known[label] = try DigitsConversion.network(label)
            return known[label]!
        }
    }

    private static let good = "differential:steps-per-octave=8"

    /// The same network with the thresholds of one site multiplied.
    private static func scaling(_ site: String, by factor: Float, in network: SpikingNetwork) throws -> SpikingNetwork {
        func scaled(_ model: some NeuronModel) -> any NeuronModel { model.divided(by: 1 / factor) }
        var neurons = network.neurons.reduce(into: [String: NeuronLayer]()) { $0[$1.key] = $1.value }
        neurons[site] = NeuronLayer(scaled(neurons[site]!.model))
        return try network.replacing(neurons: neurons)
    }

    private static func verification(_ network: SpikingNetwork, steps: Int, limit: Int = samples) throws -> Verification {
        var verification = Verification(of: network, on: try data(limit), timeSteps: steps)
        (verification.samples, verification.threads, verification.mostSites) = (samples, 2, 3)
        return verification
    }

    /// `‖SNN − ANN‖/‖ANN‖` and the agreement, from the outputs.
    private static func figures(
        _ network: SpikingNetwork, steps: Int, against ann: SpikingNetwork? = nil
    ) throws -> (error: Double, agreement: Double) {
        let simulator = ParallelSimulator(try Program(network, timeSteps: steps), threads: 1)
        let inputs = try inputs()
        let expected = try #require(ReferenceSimulator(ann ?? network, timeSteps: 1).annAnswers(inputs)["logits"])
        let all = try #require(simulator.spikingAnswers(inputs).outputs["logits"])
        let found = Tensor(expected.shape, Array(all.values.suffix(expected.count)))
        let difference = zip(found.values, expected.values).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
        let size = expected.values.reduce(0.0) { $0 + pow(Double($1), 2) }
        let equal = zip(found.argmaxOfRows(), expected.argmaxOfRows()).count { $0 == $1 }
        return ((difference / size).squareRoot(), Double(equal) / Double(samples))
    }

    private static func adjustment(_ advice: Advice) throws -> Adjustment {
        guard case .adjustment(let adjustment) = advice.change else { throw CocoaError(.featureUnsupported) }
        return adjustment
    }

    private static func isClose(_ a: Double?, _ b: Double, within tolerance: Double = 1e-3) -> Bool {
        a.map { abs($0 - b) <= tolerance * max(abs(b), 1e-3) } ?? false
    }

    @Test(arguments: [2, 9])
    func aTopThatIsTooLowIsFoundAndRaised(_ index: Int) throws {
        let good = try Self.converted(Self.good)
        let site = good.neurons.keys[index]
        let bad = try Self.scaling(site, by: 1 / 32, in: good)
        let diagnosis = try Self.verification(bad, steps: 2).run()
        let first = try #require(diagnosis.sites.first)
        #expect(first.site == site && first.cause == .clipping && first.clipped.error > 0.9 && (first.overshoot ?? 0) > 1, "\(first)")
        #expect(first.saturated > 0.1 && abs(first.above + first.below - first.clipped.values) < 1e-9)
        #expect(diagnosis.sites.dropFirst().allSatisfy { $0.clipped.values < 0.01 })
        let exact = try #require(first.ifExact?.error), alone = try #require(first.ifAlone?.error)
        let before = try #require(diagnosis.figures.error)
        #expect(exact < before / 5 && alone > before / 2)
        let advice = try #require(diagnosis.advice.first { $0.reason.contains("beyond") })
        let adjustment = try Self.adjustment(advice)
        #expect(Array(adjustment.raised.keys) == [site] && advice.predicted.error! < before / 5 && !advice.isEstimate)
        // Followed, and measured anew.
        let found = try Self.figures(adjustment.apply(to: bad), steps: 2)
        #expect(Self.isClose(advice.predicted.error, found.error) && advice.predicted.agreement == found.agreement)
        #expect(Self.isClose(diagnosis.figures.error, try Self.figures(bad, steps: 2).error))
        #expect(advice.predicted.energy != nil && first.ifExact?.energy == nil)
    }

    @Test func aSiteThatNeverFiresIsDead() throws {
        let good = try Self.converted(Self.good)
        let site = good.neurons.keys[5]
        let bad = try Self.scaling(site, by: 131_072, in: good)
        let diagnosis = try Self.verification(bad, steps: 2).run()
        let first = try #require(diagnosis.sites.first)
        #expect(first.site == site && first.cause == .dead && first.firingRate == 0 && first.dead == 1 && first.silent.error == 1, "\(first)")
        #expect(first.ownError == 1)
        let advice = try #require(diagnosis.advice.first { $0.reason.contains("never fires") })
        let adjustment = try Self.adjustment(advice)
        #expect(Self.isClose(advice.predicted.error, try Self.figures(adjustment.apply(to: bad), steps: 2).error))
    }

    /// All that a site can send at T = 3 is its only value at every step.
    @Test func saturatedNeuronsAreCounted() throws {
        let good = try Self.converted("ecmt")
        let site = good.neurons.keys[3]
        let bad = try Self.scaling(site, by: 1 / 65_536, in: good)
        let finding = try #require(Self.verification(bad, steps: 3).run().site(site))
        #expect(finding.saturated > 0.9 && finding.clipped.values > 0.9 && finding.firingRate > 0.9, "\(finding)")
    }

    @Test func moreTimeStepsDoWhatIsPredicted() throws {
        let network = try Self.converted("ecmt")
        let diagnosis = try Self.verification(network, steps: 2, limit: 80).run()
        let advice = try #require(diagnosis.advice.first { $0.change == .steps(4) })
        let found = try Self.figures(network, steps: 4)
        #expect(advice.predicted.step == 4 && diagnosis.samples == Self.samples && diagnosis.otherSamples == 80 - Self.samples)
        #expect(advice.predicted.error! < diagnosis.figures.error!)
        // Those samples are spread over all: here only the first ones are.
        let same = try Self.verification(network, steps: 2).run()
        #expect(Self.isClose(same.advice.first { $0.change == .steps(4) }?.predicted.error, found.error))
        let estimate = try #require(diagnosis.advice.first { $0.change == .conversion("differential") })
        #expect(estimate.isEstimate && !same.advice.contains { $0.isEstimate } && same.rejected.contains { $0.reason.contains("none is left") })
        let errors = diagnosis.advice.map { $0.predicted.error! }
        #expect(errors == errors.sorted())
    }

    @Test func aGoodNetworkIsLeftAlone() throws {
        let diagnosis = try Self.verification(Self.converted(Self.good), steps: 8).run()
        #expect(diagnosis.isGood && diagnosis.advice.isEmpty && diagnosis.rejected.isEmpty)
        #expect(DiagnosisTable.advice(diagnosis).contains("Nothing has to be changed"))
    }

    /// The sums of a site, anew from what the reference simulator shows; neurons before layers, and in the place of activations.
    @Test(arguments: ["ecmt", "differential"])
    func errorsAreThoseOfTheEquations(_ method: String) throws {
        let network = try Self.converted(method)
        let diagnosis = try Self.verification(network, steps: 3).run()
        let simulator = try ReferenceSimulator(network, timeSteps: 3)
        let inputs = try simulator.bind(Self.inputs())
        let graph = network.graph
        var (estimates, ann): ([NodeID: Tensor], [String: Tensor]) = ([:], [:])
        _ = try simulator.ann.run(inputs) { ann[$0.name] = $1 }
        _ = try simulator.run(inputs, observingEstimates: { step, id, estimate, _ in if step == 3 { estimates[id] = estimate } })
        let sentSpikes = try simulator.run(inputs, observe: { _, _, _ in }).spikes
        for (id, node) in graph.nodes.enumerated() where node.isNeuronSite {
            let received = try #require(estimates[node.inputs[0]] ?? ann[graph[node.inputs[0]].name])
            let (sent, trained) = (try #require(estimates[id]), try #require(ann[node.name]))
            func sum(_ body: (Int) -> Double) -> Double { sent.values.indices.reduce(0) { $0 + body($1) } }
            func square(_ a: Tensor, _ b: Tensor) -> Double { sum { pow(Double(a.values[$0]) - Double(b.values[$0]), 2) } }
            let (x, a) = (sum { pow(Double(received.values[$0]), 2) }, sum { pow(Double(trained.values[$0]), 2) })
            let finding = try #require(diagnosis.site(node.name))
            #expect(Self.isClose(finding.ownError, (square(sent, received) / x).squareRoot()))
            #expect(Self.isClose(finding.arrivingError, (square(received, trained) / a).squareRoot()))
            #expect(Self.isClose(finding.error, (square(sent, trained) / a).squareRoot()))
            let shift = sum { Double(sent.values[$0]) - Double(received.values[$0]) }
            #expect(Self.isClose(finding.bias, shift / Double(sent.count) / (x / Double(sent.count)).squareRoot(), within: 2e-3))
            let layer = try #require(network.neurons[node.name])
            let spikes = try #require(sentSpikes[node.name])
            let rate = spikes.reduce(0) { $0 + layer.alphabet.spikeCount($1) }
            #expect(Self.isClose(finding.firingRate, Double(rate) / Double(3 * sent.count), within: 1e-9))
            #expect(finding.readers == graph.consumers[id].map { graph[$0].name })
        }
    }

    /// A site left out or left alone is what a graph without neurons there, or without all others, computes.
    @Test func leavingOutIsMeasuredOnChangedGraphs() throws {
        let network = try Self.converted("ecmt")
        let diagnosis = try Self.verification(network, steps: 2).run()
        #expect(diagnosis.sites.count { $0.ifExact != nil } == 3 && diagnosis.rankingSamples == 4)
        let finding = try #require(diagnosis.sites.first)
        func without(_ isLeftOut: (String) -> Bool) throws -> Double {
            let neurons = network.neurons.filter { !isLeftOut($0.key) }.reduce(into: [String: NeuronLayer]()) { $0[$1.key] = $1.value }
            return try Self.figures(
                network.replacing(graph: network.graph.withoutNeurons(at: isLeftOut), neurons: neurons), steps: 2, against: network
            ).error
        }
        #expect(Self.isClose(finding.ifExact?.error, try without { $0 == finding.site }))
        #expect(Self.isClose(finding.ifAlone?.error, try without { $0 != finding.site }))
        let alone = diagnosis.sites.compactMap { $0.ifAlone?.error }
        #expect(alone == alone.sorted(by: >))
    }

    /// Neurons in the place of rectifiers, with thresholds that are too low: what they should send is the rectified sum.
    @Test func rectifiersAreLookedAtBehindTheActivation() throws {
        let model = try Model.load(Fixture.path("digits-cnn/vgg-relu.onnx"))
        let calibration = CalibrationSet(try .open(Fixture.path("digits-cnn/calibration.npz"), for: model), limit: 64)
        let good = try Conversion(of: model, method: RateConversion.rueckauer, calibrating: calibration).run()
        let site = try #require(good.neurons.keys.first)
        let bad = try Self.scaling(site, by: 1 / 8, in: good)
        var verification = Verification(
            of: bad, on: CalibrationSet(try .open(Fixture.path("digits-cnn/test.npz"), for: model), limit: 16), timeSteps: 32)
        verification.samples = 16
        verification.reconversion = .init(of: model, calibrating: calibration)
        let diagnosis = try verification.run()
        #expect(diagnosis.advice.contains { $0.change == .conversion("rueckauer:percentile=100") }, "\(diagnosis.advice)")
        let first = try #require(diagnosis.sites.first)
        #expect(first.site == site && first.cause == .clipping && first.below == 0, "\(first)")
        let advice = try #require(diagnosis.advice.first { $0.reason.contains("lie beyond what it can send;") })
        #expect(
            advice.change == .adjustment(Adjustment(raised: [site: 8])) || advice.change == .adjustment(Adjustment(raised: [site: 16])), "\(advice)")
    }

    /// With one site there is nothing else to be exact, and nothing left where it is.
    @Test func oneSiteIsTheWholeError() throws {
        let many = try Self.converted("ecmt")
        let site = many.neurons.keys[6]
        let network = try many.replacing(graph: many.graph.withoutNeurons { $0 != site }, neurons: [site: #require(many.neurons[site])])
        let diagnosis = try Self.verification(network, steps: 2).run()
        let finding = try #require(diagnosis.sites.first)
        #expect(diagnosis.sites.count == 1 && diagnosis.rankingSamples == nil && finding.arrivingError == 0)
        #expect(finding.ifAlone?.error == diagnosis.figures.error && finding.ifExact?.error == 0 && finding.ifExact?.agreement == 1)
        #expect(finding.ownError == finding.error)
    }

    /// Samples that a file takes several of at once, or that meet, are looked at together.
    @Test(arguments: ["field/b4", "field/nn", "fixed/meets", "fixed/rows", "fixed/meanN"]) func samplesMayMeet(_ name: String) throws {
        let path = Fixture.path("batch/" + name)
        let model = try Model.load(path + ".onnx")
        let data = CalibrationSet(.arrays(try NamedArrays(path: path + ".in.npz", for: model.graph)))
        var method = MultiThreshold.ecmt
        method.spikingHead = true
        let network = try Conversion(of: model, method: method, calibrating: data).run()
        var verification = Verification(of: network, on: data, timeSteps: 2)
        (verification.samples, verification.mostSites, verification.threads) = (1000, 2, 2)
        let diagnosis = try verification.run()
        let simulator = try ReferenceSimulator(network, timeSteps: 2)
        guard case .arrays(let arrays) = data.source else { return }
        let (inputs, name) = (arrays.samples(0..<arrays.count), network.graph.outputs[0].name)
        let (ann, all) = (try #require(simulator.annAnswers(inputs)[name]), try #require(simulator.spikingAnswers(inputs).outputs[name]))
        let pairs = zip(all.values.suffix(ann.count), ann.values).map { (Double($0), Double($1)) }
        let error = (pairs.reduce(0) { $0 + pow($1.0 - $1.1, 2) } / pairs.reduce(0) { $0 + pow($1.1, 2) }).squareRoot()
        #expect(diagnosis.samples == arrays.count && diagnosis.otherSamples == 0)
        if network.graph.outputs.count == 1 { #expect(Self.isClose(diagnosis.figures.error, error)) }
        #expect(diagnosis.sites.count == network.neurons.count && diagnosis.sites.allSatisfy { $0.ownError != nil })
    }

    @Test func nothingDependsOnThreads() throws {
        let network = try Self.converted("ecmt")
        var verification = try Self.verification(network, steps: 1, limit: 60)
        let diagnosis = try verification.run()
        verification.threads = 1
        #expect(try verification.run() == diagnosis)
        let json = try JSONEncoder().encode(diagnosis)
        #expect(try JSONDecoder().decode(Diagnosis.self, from: json) == diagnosis)
    }

    /// The user's own model and calibration data: what is tried is what a conversion gives.
    @Test func conversionsAreThoseOfTheUser() throws {
        var verification = try Self.verification(Self.converted("ecmt"), steps: 1)
        let model = try Model.load(Fixture.path("digits-vit"))
        let calibration = CalibrationSet(try Dataset.open(Fixture.path("digits-vit/calibration.npz")), limit: 64)
        verification.reconversion = .init(of: model, calibrating: calibration)
        let diagnosis = try verification.run()
        let advice = try #require(diagnosis.advice.first { $0.change == .conversion("differential") })
        let found = try Self.figures(Self.converted("differential"), steps: 1)
        #expect(!advice.isEstimate && Self.isClose(advice.predicted.error, found.error) && advice.predicted.agreement == found.agreement)
        #expect(diagnosis.advice.contains { $0.change == .conversion("few-step:steps=1") })
        // Its own settings are kept.
        var coarse = try Self.verification(Self.converted("ecmt:levels=6"), steps: 1)
        coarse.reconversion = verification.reconversion
        let tried = try coarse.run()
        let summaries = tried.advice.map(\.summary) + tried.rejected.map(\.summary)
        #expect(summaries.contains("convert by ecmt:levels=6:optimal-for=1"), "\(summaries)")
        let other = try Model.load(Fixture.path("digits-cnn/vgg-relu.onnx"))
        verification.reconversion = .init(of: other, calibrating: calibration)
        #expect { try verification.run() } throws: { "\($0)".contains("not the one that the spiking network was made from") }
    }

    @Test func impossibleDiagnosesSayWhy() throws {
        let network = try Self.converted("ecmt")
        var verification = try Self.verification(network, steps: 1)
        verification.samples = 0
        #expect { try verification.run() } throws: { ($0 as? SpikingError)?.code == .badSettings }
        let calibrated = CalibrationSet(try Dataset.open(Fixture.path("digits-vit/calibration.npz")), limit: 8)
        #expect { try Verification(of: network, on: calibrated).run() } throws: { "\($0)".contains("also used for calibration") }
    }
}
