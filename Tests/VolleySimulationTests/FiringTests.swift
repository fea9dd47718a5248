import OrderedCollections
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// The fast simulator against what neurons must do, not against another simulator.
@Suite struct FiringTests {
    /// Divisions by t and their sums, in floats.
    private static let roundingTolerance: Float = 1e-6

    @Test(arguments: NeuronTrace.all, Session.Order.allCases)
    func neuronsSendWhatWasWorkedOut(_ trace: NeuronTrace, _ order: Session.Order) throws {
        let steps = (trace.behind?.sent ?? trace.sent).count
        for kernels in Kernels.available {
            var session = Session(try Program(trace.network(), timeSteps: steps, kernels: kernels), order: order)
            let result = try session.run(trace.inputs(batch: 3))
            let difference = Difference(result.outputs["output"], trace.estimates(batch: 3))
            #expect(difference.absolute <= Self.roundingTolerance, "\(kernels.name): \(difference)")
            #expect(Dictionary(uniqueKeysWithValues: result.spikes.map { ($0.key, $0.value) }) == trace.spikes(batch: 3), "\(kernels.name)")
        }
    }

    @Test(arguments: SessionTests.cases) func chargeIsConserved(_ example: SessionTests.Case) throws {
        let network = try example.network.observingSites()
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 2, seed: 13)
        for order in Session.Order.allCases {
            var session = Session(try Program(network, timeSteps: 6), order: order)
            let law = FiringLaw(network, try session.run(inputs))
            #expect(law.violations.isEmpty, "\(law.violations.count) violations, the first: \(law.violations.first ?? "")")
            #expect(law.positive > 0)
            // Behind ReLU nothing is negative, and only corrections are.
            #expect(law.negative > 0 || network.coding == .rate && ["convolutional", "windows"].contains { example.name.hasPrefix($0) })
        }
    }
}
