import Testing
import Volley
import VolleyTestSupport

/// Against the outputs of the papers' own programs on a trained ViT (Fixtures/digits-vit).
///
/// Their arithmetic sums in another order. Where a membrane potential lies within a rounding error of a cut-off, one of both
/// programs fires and the other does not, and from then on that sample differs; so later steps have wider bounds, and
/// errors are those of the whole batch, ‖found − expected‖ / ‖expected‖.
@Suite struct GoldenTests {
    private static let folder = Fixture.path("digits-vit")
    private static let timeSteps = 8
    /// Float rounding through four blocks.
    static let logitTolerance: Float = 1e-4
    static let thresholdTolerance: Float = 1e-4
    static let exactTolerance: Float = 1e-5

    private let model: Model
    private let images: Tensor

    init() throws {
        model = try Model.load(Self.folder)
        images = try NpzArchive(path: Self.folder + "/test.npz").array("x").tensor
    }

    @Test func annLogits() throws {
        let expected = try NpzArchive(path: Self.folder + "/expected.npz").array("ann_logits").tensor
        let found = try Evaluator(model.graph).run(["input": images])["logits"]!
        let difference = Difference(found, expected)
        #expect(difference.absolute <= Self.logitTolerance, "\(difference)")
    }

    @Test func calibratedThresholds() throws {
        let expected = try ThresholdFile.read(Self.folder + "/thresholds.json")
        var network = try Conversion(
            of: model, method: .ecmt, calibrating: .init(try Dataset.open(Self.folder + "/calibration.npz"), batchSize: 128)
        ).run()
        // Softmax outputs are pinned there.
        for (site, layer) in network.neurons where !site.hasSuffix(".attn.s") {
            #expect(abs(layer.ladder.positive - Float(expected[site]![0])) <= Self.thresholdTolerance, "\(site)")
            #expect(abs(layer.ladder.negative - Float(expected[site]![1])) <= Self.thresholdTolerance, "\(site)")
        }
        let differential = try ThresholdFile.read(Self.folder + "/thresholds-differential.json")
        network = try Conversion(
            of: model, method: .differential, calibrating: .init(try Dataset.open(Self.folder + "/calibration.npz"))
        ).run()
        for (site, layer) in network.neurons {
            #expect(abs(layer.ladder.positive - Float(differential[site]![0])) <= Self.thresholdTolerance, "\(site)")
            #expect(layer.ladder.negative == layer.ladder.positive)
        }
    }

    @Test func ecmt() throws {
        let result = try simulate(.ecmt, thresholds: "thresholds.json")
        let expected = try NpzArchive(path: Self.folder + "/expected.npz")
        let sums = try expected.array("snn_logits_sum").tensor
        let estimates = result.outputs["logits"]!
        for step in 1...Self.timeSteps {
            let found = estimates.rows(step - 1..<step).values.map { $0 * Float(step) }
            let error = Difference(found, sums.rows(step - 1..<step).values).ofNorms
            #expect(error <= (step <= 4 ? Self.exactTolerance : 2e-2), "step \(step): \(error)")
        }
        try compareSpikes(result, expected, exactSteps: 4)
    }

    @Test func differential() throws {
        let result = try simulate(.differential, thresholds: "thresholds-differential.json")
        let expected = try NpzArchive(path: Self.folder + "/expected-differential.npz")
        let tensor = try expected.array("estimates").tensor
        let estimates = result.outputs["logits"]!
        for step in 1...Self.timeSteps {
            let error = Difference(estimates.rows(step - 1..<step), tensor.rows(step - 1..<step)).ofNorms
            #expect(error <= (step <= 2 ? Self.exactTolerance : 1e-2), "step \(step): \(error)")
        }
        try compareSpikes(result, expected, exactSteps: 2)
    }

    private func simulate(_ method: MultiThreshold, thresholds: String) throws -> SimulationResult {
        var method = method
        method.thresholds = try ThresholdFile.read(Self.folder + "/" + thresholds)
        let network = try Conversion(of: model, method: method).run()
        return try ParallelSimulator(Program(network, timeSteps: Self.timeSteps), threads: 2).run(["input": images])
    }

    /// Per site, step and level: within 0.1 % of the site's neurons, 0.5 % once ties have flipped.
    private func compareSpikes(_ result: SimulationResult, _ expected: NpzArchive, exactSteps: Int) throws {
        for (site, steps) in result.spikes {
            let counts = try expected.array("spikes/" + site).tensor
            let neurons = try #require(neuronCount(site)) * images.shape[0]
            for (index, levels) in steps.enumerated() {
                let allowed = Double(neurons) * (index < exactSteps ? 0.001 : 0.005)
                let difference = levels.enumerated().reduce(0.0) { $0 + abs(Double($1.1) - Double(counts[index, $1.0])) }
                #expect(difference <= allowed, "\(site), step \(index + 1): \(difference) of \(neurons)")
            }
        }
    }

    private func neuronCount(_ site: String) -> Int? {
        guard let placed = try? PlaceNeurons.apply(to: model.graph), let id = placed.node(named: site) else { return nil }
        return placed[id].shape.perSample.count
    }
}
