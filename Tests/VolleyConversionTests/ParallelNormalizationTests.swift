import OrderedCollections
import Testing
import VolleyConversion
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Semantics 3.2: thresholds folded into weights change neither when nor at which level a neuron fires.
@Suite struct ParallelNormalizationTests {
    /// Weights are rounded anew after the multiplication with thresholds.
    static let tolerance: Float = 1e-4

    @Test(arguments: Coding.allCases) func sameSpikesAndOutputs(_ coding: Coding) throws {
        for (name, graph) in try SampleGraphs.all() {
            let network = try SampleNetworks.network(graph, coding: coding)
            let normalized = try ParallelNormalization.apply(to: network)
            let inputs = SampleGraphs.inputs(for: graph, batch: 3, seed: 51)
            let expected = try ReferenceSimulator(network, timeSteps: 4).run(inputs)
            let found = try ReferenceSimulator(normalized, timeSteps: 4).run(inputs)
            #expect(found.spikes == expected.spikes, "\(name)")
            var session = Session(try Program(normalized, timeSteps: 4))
            #expect(try session.run(inputs).spikes == expected.spikes, "\(name)")
            for (output, tensor) in expected.outputs {
                let difference = Difference(found.outputs[output], tensor)
                #expect(difference.relative <= Self.tolerance, "\(name): \(difference)")
            }
        }
    }

    @Test func thresholdsBecomeOneAndEta() throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: .rate)
        let normalized = try ParallelNormalization.apply(to: network)
        for (site, layer) in normalized.neurons {
            let original = network.neurons[site]!.ladder
            #expect(layer.ladder.thresholds(.positive)[0] == 1)
            #expect(layer.ladder.negative == original.negative / original.positive)
        }
    }

    @Test func whatLeadsStraightToANeuronTakesTheFactorIn() throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(depth: 1), coding: .rate)
        let normalized = try ParallelNormalization.apply(to: network)
        let factors = normalized.graph.nodes.map(\.name).filter { $0.hasSuffix(".normalized") && !$0.contains(".input") }
        let multiplications = factors.filter { normalized.graph[normalized.graph.node(named: $0)!].operation != nil }
        // No multiplication is left before neurons that a linear layer, a normalisation or a product leads to.
        #expect(multiplications.isEmpty, "\(multiplications)")
    }

    @Test func levelWeightsMakeBareEventsEnough() throws {
        let network = try ParallelNormalization.apply(
            to: try SampleNetworks.network(try SampleGraphs.transformer(depth: 1), coding: .rate))
        let graph = network.graph
        let node = graph.node(named: "blocks.0.mlp.fc2")!
        let weights = try #require(ParallelNormalization.levelWeights(of: node, in: network))
        let layer = network.layer(at: graph[node].inputs[0])!
        #expect(weights.count == 2 * layer.ladder.levels)
        let values = layer.ladder.thresholds(.positive) + layer.ladder.thresholds(.negative).map { -$0 }
        let weight = graph[graph[node].inputs[1]].constant!
        for (level, copy) in weights.enumerated() { #expect(copy.values == weight.values.map { $0 * values[level] }) }
        #expect(ParallelNormalization.levelWeights(of: graph.node(named: "head")!, in: network) == nil)
    }

    @Test func normalizingTwiceChangesNothing() throws {
        let network = try SampleNetworks.network(try SampleGraphs.convolutional(), coding: .rate)
        let once = try ParallelNormalization.apply(to: network)
        let twice = try ParallelNormalization.apply(to: once)
        #expect(twice.neurons == once.neurons)
        let inputs = SampleGraphs.inputs(for: once.graph, batch: 2, seed: 3)
        #expect(try Evaluator(twice.graph).run(inputs) == Evaluator(once.graph).run(inputs))
    }

    /// Neurons in the place of activations have their normalisation in form of weights.
    @Test func neuronsInPlaceOfActivationsAreRefused() throws {
        let network = try RateConversion.diehlModel.convert(try SampleGraphs.rectified(), on: Calibration(nil))
        #expect { try ParallelNormalization.apply(to: network) } throws: { ($0 as? ConversionError)?.code == .badSettings }
    }
}
