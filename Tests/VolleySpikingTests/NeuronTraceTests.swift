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
        let neuron = MultiThresholdNeuron(ladder: ThresholdLadder(.up, levels: 3, positive: 2, negative: 4))
        for (size, values): (Float, [Float]) in [(2, [2, 4, 8]), (-4, [-4, -8, -16])] {
            var potential: Float = 0
            let code = neuron.step(&potential, current: size * ratio, time: 1)
            #expect(code == Int8(expected.map { size > 0 ? $0 + 1 : -($0 + 1) } ?? 0))
            #expect(potential == size * ratio - (expected.map { values[$0] } ?? 0))
        }
    }

    @Test func aSideWithoutAPositiveBaseNeverFires() {
        for base: Float in [0, -0.125] {
            let neuron = MultiThresholdNeuron(ladder: ThresholdLadder(.up, levels: 3, positive: 1, negative: base))
            var potential: Float = 0
            #expect(neuron.step(&potential, current: -100, time: 1) == 0 && potential == -100)
            potential = 0
            #expect(neuron.step(&potential, current: 0.5, time: 1) == 1 && potential == -0.5)
        }
    }
}
