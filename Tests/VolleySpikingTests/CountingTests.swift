import OrderedCollections
import Testing
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Synaptic operations against a count, spike by spike, of what it reaches.
@Suite struct CountingTests {
    private static let timeSteps = 4
    private static let batch = 2

    /// Networks that hold every kind of layer, and random ones with every kind of window, product and stretch.
    private static let graphs =
        try! SampleGraphs.all() + BatchGraphs.separate() + BatchGraphs.together()
        + (0..<60).map { ("random network \($0)", try SampleGraphs.counted(seed: $0)) }

    /// Ladders that double, and finer ones, whose spikes are graded.
    @Test(arguments: Coding.allCases, [1, 4]) func countsAreThoseOfBruteForce(_ coding: Coding, stepsPerOctave: Int) throws {
        var graded = 0
        for (name, graph) in Self.graphs {
            let network = try SampleNetworks.network(
                graph, coding: coding, levels: 6 * stepsPerOctave, stepsPerOctave: stepsPerOctave)
            let inputs = SampleGraphs.inputs(for: network.graph, batch: Self.batch, seed: 21)
            let expected = try SynapseCount.steps(of: network, inputs, timeSteps: Self.timeSteps)
            let result = try ReferenceSimulator(network, timeSteps: Self.timeSteps).run(inputs)
            #expect(SynapseCount.difference(result.steps, expected) == nil, "\(name)")
            if result.steps.contains(where: { $0.gradedAccumulates > 0 }) { graded += 1 }
            #expect(
                result.steps.map(\.spikes) == (0..<Self.timeSteps).map { step in result.spikes.values.reduce(0) { $0 + Int($1[step].reduce(0, +)) } })
        }
        #expect(stepsPerOctave == 1 ? graded == 0 : graded > Self.graphs.count / 2, "\(graded) networks multiply")
    }

    /// Where samples meet, costs are no multiples of one sample's: similarities of 5 samples with each other, and neurons of their mean.
    @Test func aBatchWhoseSamplesMeetIsPricedAsAWhole() throws {
        let batch = 5
        for (name, graph) in try BatchGraphs.together() {
            let network = try SampleNetworks.network(graph, coding: .rate, spikingHead: true)
            let inputs = SampleGraphs.inputs(for: network.graph, batch: batch, seed: 23)
            let expected = try SynapseCount.steps(of: network, inputs, timeSteps: Self.timeSteps)
            let steps = try ReferenceSimulator(network, timeSteps: Self.timeSteps).run(inputs).steps
            #expect(SynapseCount.difference(steps, expected) == nil, "\(name)")
            let map = SynapseMap(network.graph).pricing(batch: batch)
            #expect(map.samples == batch && map.dense.neurons == expected[0].neuronUpdates, "\(name)")
            #expect(map.dense.multiplyAccumulates == SynapseCount.multiplyAccumulates(of: network.graph, batch: batch), "\(name)")
        }
        let similarities = SynapseMap(try BatchGraphs.meeting("product", .matrixProduct(MatrixProduct()))).pricing(batch: batch)
        #expect(similarities.dense.multiplyAccumulates == batch * (6 * 7 + 7 * 4) + batch * batch * 4)
    }

    /// One block of a transformer on 5 tokens of width 24 with 3 heads, numbers by hand.
    @Test func nonlinearOperatorsAndScalings() throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(depth: 1), coding: .rate)
        let inputs = SampleGraphs.inputs(for: network.graph, batch: Self.batch, seed: 21)
        let steps = try ReferenceSimulator(network, timeSteps: 2).run(inputs).steps
        // Softmax of 3·5·5 scores, layer normalisation before the feed-forward network and behind it, GELU of 48 per token; the
        // first normalisation sees what does not change.
        let (values, scores, hidden) = (5 * 24, 3 * 5 * 5, 5 * 48)
        #expect(
            steps.map(\.nonlinearElements) == [values + scores + values + hidden + values, scores + values + hidden + values].map { Self.batch * $0 })
        // Their inputs, and both products: scores and context.
        #expect(steps.map(\.scalings) == Array(repeating: Self.batch * (scores + values + hidden + values + scores + values), count: 2))
        // The embedding of 4 patches of 3·4·4 at the first step, the head at every step.
        #expect(steps.map(\.analogMultiplyAccumulates) == [4 * 48 * 24 + 24 * 5, 24 * 5].map { Self.batch * $0 })
        let dense = SynapseMap(network.graph).dense
        #expect(dense.nonlinearElements == values + scores + values + hidden + values)
        #expect(dense.neurons == values + 3 * values + scores + values + values + hidden)
        let layers = 4 * 48 * 24 + 4 * 5 * 24 * 24 + 2 * 5 * 24 * 48 + 24 * 5
        #expect(dense.multiplyAccumulates == layers + 2 * 5 * 5 * 24)
        #expect(dense.paperMultiplyAccumulates == dense.multiplyAccumulates - 4 * 48 * 24)
    }

    @Test func everythingFiringCostsWhatTheANNCosts() throws {
        // One accumulate per multiply-accumulate, borders included, when every input of a layer is a spike.
        let graph = try SampleGraphs.convolutional()
        let network = try SampleNetworks.network(graph, coding: .rate)
        let map = SynapseMap(network.graph)
        var counter = SynapseCounter(map, batch: 1, timeSteps: 1)
        for (id, node) in network.graph.nodes.enumerated() where network.layer(at: id) != nil {
            let ones = Tensor(node.shape.perSample, repeating: 1)
            counter.record(
                site: id, step: 1, codes: Array(repeating: 1, count: ones.count), sent: ones, alphabet: Alphabet(codes: [1], values: [1]))
        }
        let counts = counter.finish()[0]
        #expect(counts.accumulates + counts.analogMultiplyAccumulates == map.dense.multiplyAccumulates)
    }

    @Test func energyByHand() {
        var counts = OperationCounts()
        counts.accumulates = 1000
        counts.gradedAccumulates = 300
        counts.paperAccumulates = 1500
        counts.analogMultiplyAccumulates = 100
        counts.neuronUpdates = 50
        counts.nonlinearElements = 10
        counts.scalings = 20
        var dense = DenseCosts()
        dense.multiplyAccumulates = 600
        dense.paperMultiplyAccumulates = 500
        dense.nonlinearElements = 5
        let ratios = EnergyRatios(counts, dense: dense, samples: 2)
        #expect(abs(ratios.paper - 1350.0 / 4600) < 1e-12)
        #expect(abs(ratios.exact - 1360.0 / 5520) < 1e-12)
        #expect(abs(ratios.strict - (700 * 0.9 + 300 * 4.6 + 460) / 5520) < 1e-12)
        // Four words of 5 pJ for a multiply-accumulate, three for an accumulate.
        let memory = EnergyRatios(counts, dense: dense, samples: 2, prices: .withMemory)
        #expect(abs(memory.exact - (1000 * 15.9 + 100 * 24.6) / (1200 * 24.6)) < 1e-12)
        #expect(abs(memory.strict - (700 * 15.9 + 300 * 19.6 + 100 * 24.6) / (1200 * 24.6)) < 1e-12)
        let spiking: Double = 900 + 460 + 90 + 460 + 74
        let ann: Double = 2760 + 230
        #expect(abs(ratios.full - spiking / (2 * ann)) < 1e-12)
    }
}
