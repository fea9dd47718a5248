import OrderedCollections
import Testing
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// The reference simulator against traces worked out by hand, and the firing rule against its closed form.
@Suite struct NeuronTraceTests {
    /// Divisions by t and their sums, in floats.
    private static let roundingTolerance: Float = 1e-6

    @Test(arguments: NeuronTrace.all) func theReferenceSendsWhatWasWorkedOut(_ trace: NeuronTrace) throws {
        let network = try trace.network()
        let last = try #require(network.graph.outputs.first).value
        var sent: [[Float]] = []
        let result = try ReferenceSimulator(network, timeSteps: (trace.behind?.sent ?? trace.sent).count).run(trace.inputs(batch: 2)) {
            _, node, current in
            if node == last { sent.append(current.values) }
        }
        #expect(sent == (trace.behind?.sent ?? trace.sent).map { Array(repeating: $0, count: 2 * NeuronTrace.neurons) })
        let difference = Difference(result.outputs["output"], trace.estimates(batch: 2))
        #expect(difference.absolute <= Self.roundingTolerance, "\(difference)")
        #expect(Dictionary(uniqueKeysWithValues: result.spikes.map { ($0.key, $0.value) }) == trace.spikes(batch: 2))
    }

    /// With r = m/θ1: level min(n − 1, ⌊log2(r + 1/2)⌋) if r ≥ 1/2 (semantics 3).
    @Test(
        arguments: [
            (Float(0.25), nil), (Float(0.5).nextDown, nil), (0.5, 0), (0.75, 0), (1.4375, 0), (1.5, 1), (3.4375, 1), (3.5, 2), (7.4375, 2),
            (7.5, 2), (100, 2),
        ] as [(Float, Int?)])
    func closedFormOfTheAscendingLadder(ratio: Float, expected: Int?) {
        let layer = NeuronLayer(ladder: ThresholdLadder(.up, levels: 3, positive: 2, negative: 4))
        #expect(layer.fire(2 * ratio)?.level == expected)
        #expect(layer.fire(2 * ratio)?.value == expected.map { [2, 4, 8][$0] })
        #expect(layer.fire(-4 * ratio)?.level == expected)
        #expect(layer.fire(-4 * ratio)?.value == expected.map { [-4, -8, -16][$0] })
        #expect(layer.fire(-4 * ratio)?.sign == expected.map { _ in .negative })
    }

    @Test func aSideWithoutAPositiveBaseNeverFires() {
        for base: Float in [0, -0.125] {
            let layer = NeuronLayer(ladder: ThresholdLadder(.up, levels: 3, positive: 1, negative: base))
            #expect(layer.fire(-100) == nil)
            #expect(layer.fire(0.5)?.value == 1)
        }
    }
}
