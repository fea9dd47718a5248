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

/// Heads: what the default leaves without neurons.
@Suite struct HeadTests {
    /// Two layers that feed a residual stream, with or without a normalisation and a classifier behind it.
    private func stream(normalized: Bool, classifier: Bool) throws -> [String] {
        var random = SeededGenerator(seed: 4)
        var builder = GraphBuilder()
        func weight(_ name: String) throws -> NodeID { try builder.constant(name, random.normalTensor([4, 4])) }
        var value = try builder.add("embed", .linear(Linear()), [try builder.input("input", shape: [.batch, 4]), try weight("embed.weight")])
        for name in ["first", "second"] {
            let layer = try builder.add(name, .linear(Linear()), [value, try weight(name + ".weight")])
            value = try builder.add(name + ".add", .elementwise(Elementwise(.add)), [value, layer])
        }
        if normalized {
            let (gamma, beta) = (try builder.constant("gamma", Tensor([4], repeating: 1)), try builder.constant("beta", Tensor([4])))
            value = try builder.add("norm", .layerNormalization(LayerNormalization(epsilon: 1e-6)), [value, gamma, beta])
        }
        if classifier {
            value = try builder.add("head", .linear(Linear()), [value, try weight("head.weight")])
            value = try builder.add("probabilities", .softmax(Softmax()), [value])
        }
        builder.output("output", value)
        return SpikingNetwork.sites(of: try PlaceNeurons.apply(to: try builder.build()))
    }

    @Test func layersOfAResidualStreamAreNoHeads() throws {
        #expect(try stream(normalized: true, classifier: false) == ["first.in", "second.in"])
        #expect(try stream(normalized: true, classifier: true) == ["first.in", "second.in"])
        #expect(try stream(normalized: false, classifier: true) == ["first.in", "second.in"])
    }

    @Test func theLastLayerIsTheHeadOfAPlainStream() throws {
        #expect(try stream(normalized: false, classifier: false) == ["first.in"])
    }
}
