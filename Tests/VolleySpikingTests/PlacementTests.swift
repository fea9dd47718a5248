import OrderedCollections
import Testing
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Where neurons stand (semantics 6).
@Suite struct PlacementTests {
    @Test func transformerSitesInOrder() throws {
        let placed = try PlaceNeurons.apply(to: try SampleGraphs.transformer(depth: 1))
        #expect(
            Set(SpikingNetwork.sites(of: placed)) == [
                "blocks.0.attn.qkv.in", "blocks.0.attn.q", "blocks.0.attn.k", "blocks.0.attn.v", "blocks.0.attn.s",
                "blocks.0.attn.proj.in", "blocks.0.mlp.fc1.in", "blocks.0.mlp.fc2.in",
            ])
    }

    @Test func theHeadGetsNeuronsWhenAskedFor() throws {
        let graph = try SampleGraphs.transformer(depth: 1)
        let plain = SpikingNetwork.sites(of: try PlaceNeurons.apply(to: graph))
        let spiking = SpikingNetwork.sites(of: try PlaceNeurons.apply(to: graph, spikingHead: true))
        #expect(Set(spiking).subtracting(plain) == ["head.in"])
    }

    @Test func theFirstLayerSeesTheAnalogInput() throws {
        for (name, graph) in try SampleGraphs.all() {
            let placed = try PlaceNeurons.apply(to: graph)
            let inputs = Set(placed.inputs)
            for site in SpikingNetwork.sites(of: placed) {
                #expect(!inputs.contains(placed[placed.node(named: site)!].inputs[0]), "\(name), \(site)")
            }
        }
    }

    /// Token ids that look rows up in a table: the projection behind reads neurons; an analog value, picked at fixed places, is
    /// not deep.
    @Test func anEmbeddingIsAFirstLayer() throws {
        for isEmbedding in [true, false] {
            var builder = GraphBuilder()
            let input = try builder.input("ids", shape: [.batch, 3])
            let table = try builder.constant("table", Tensor([7, 3], repeating: 0.5))
            let picks = try builder.constant("picks", Tensor([3], [2, 1, 0]))
            let rows = try builder.add(
                "rows", .gather(Gather(axis: isEmbedding ? 0 : 1)), isEmbedding ? [table, input] : [input, picks])
            let weight = try builder.constant("weight", Tensor([3, 3], repeating: 0.25))
            let first = try builder.add("first", .linear(Linear()), [rows, weight])
            let second = try builder.add("second", .linear(Linear()), [first, weight])
            builder.output("out", try builder.add("head", .linear(Linear()), [second, weight]))
            let sites = SpikingNetwork.sites(of: try PlaceNeurons.apply(to: builder.build()))
            #expect(Set(sites) == (isEmbedding ? ["first.in", "second.in"] : ["second.in"]))
        }
    }

    @Test func everyLayerBehindTheFirstReadsNeurons() throws {
        let placed = try PlaceNeurons.apply(to: try SampleGraphs.convolutional())
        let varying = placed.isTimeVarying
        let layers = placed.nodes.filter { $0.operation?.name == "convolution" }
        #expect(layers.count >= 2)
        for layer in layers {
            let source = placed[layer.inputs[0]]
            let readsNeurons = source.operation?.name == "neuron"
            #expect(readsNeurons || !varying[layer.inputs[0]], "\(layer.name)")
        }
    }

    @Test func bothSidesOfAProductGetNeurons() throws {
        let placed = try PlaceNeurons.apply(to: try SampleGraphs.gatedMLP())
        #expect(SpikingNetwork.sites(of: placed).contains("gated.a"))
        #expect(SpikingNetwork.sites(of: placed).contains("gated.b"))
    }

    @Test func sitesDoNotChangeTheANN() throws {
        for (name, graph) in try SampleGraphs.all() {
            let placed = try PlaceNeurons.apply(to: graph)
            let inputs = SampleGraphs.inputs(for: graph, batch: 3, seed: 3)
            #expect(try Evaluator(graph).run(inputs) == Evaluator(placed).run(inputs), "\(name)")
        }
    }

    @Test func layersAndSitesMustMatch() throws {
        let placed = try PlaceNeurons.apply(to: try SampleGraphs.transformer(depth: 1))
        #expect(throws: SpikingError.self) {
            try SpikingNetwork(graph: placed, coding: .rate, neurons: [:], provenance: SampleNetworks.provenance)
        }
        var neurons = try SampleNetworks.network(try SampleGraphs.transformer(depth: 1), coding: .rate).neurons
        neurons["blocks.7.attn.q"] = neurons["blocks.0.attn.q"]
        let unknown = Dictionary(uniqueKeysWithValues: neurons.map { ($0.key, $0.value) })
        #expect {
            try SpikingNetwork(graph: placed, coding: .rate, neurons: unknown, provenance: SampleNetworks.provenance)
        } throws: { "\($0)".contains("blocks.7.attn.q") }
    }
}
