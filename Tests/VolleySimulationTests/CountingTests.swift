import OrderedCollections
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTestSupport

/// What the fast simulator counts while it runs, against a count of every multiplication that a spike meets.
@Suite struct CountingTests {
    private static let timeSteps = 4
    private static let graphs =
        try! SampleGraphs.all() + BatchGraphs.separate() + BatchGraphs.together()
        + (100..<130).map { ("random network \($0)", try SampleGraphs.counted(seed: $0)) }

    /// Ladders that double, and finer ones, whose spikes are graded.
    @Test(arguments: Coding.allCases, [1, 4]) func countsAreThoseOfBruteForce(_ coding: Coding, stepsPerOctave: Int) throws {
        var compared = 0
        for (name, graph) in Self.graphs {
            let network = try SampleNetworks.network(
                graph, coding: coding, levels: 6 * stepsPerOctave, stepsPerOctave: stepsPerOctave)
            let inputs = SampleGraphs.inputs(for: network.graph, batch: 3, seed: 22)
            // Where a membrane potential lies within a rounding error of a cut-off, the simulators may send another spike.
            let spikes = try ReferenceSimulator(network, timeSteps: Self.timeSteps).run(inputs).spikes
            let expected = try SynapseCount.steps(of: network, inputs, timeSteps: Self.timeSteps)
            let program = try Program(network, timeSteps: Self.timeSteps)
            for order in Session.Order.allCases {
                let result = try ParallelSimulator(program, threads: 2, order: order).run(inputs)
                guard result.spikes == spikes else { continue }
                compared += 1
                #expect(SynapseCount.difference(result.steps, expected) == nil, "\(name), \(order)")
            }
        }
        #expect(compared > 2 * Self.graphs.count * 2 / 3, "most networks send the same spikes")
    }
}
