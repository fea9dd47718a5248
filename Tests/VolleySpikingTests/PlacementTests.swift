import OrderedCollections
import Testing
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Where neurons stand (semantics 6).
@Suite struct PlacementTests {
    /// By sample graph: its sites in order, and its layers that see analog values, the first one and the head.
    private static let expected: [String: (sites: [String], analog: [String])] = [
        "transformer": (
            [0, 1].flatMap { block in
                ["attn.qkv.in", "attn.q", "attn.k", "attn.s", "attn.v", "attn.proj.in", "mlp.fc1.in", "mlp.fc2.in"].map { "blocks.\(block).\($0)" }
            }, ["patch_embed.proj", "head"]
        ),
        "gatedMLP": (["gate.in", "gated.a", "gated.b", "down.in", "norm.squares.a"], ["embed", "head"]),
        "convolutional": (["grouped.in"], ["stem", "head"]),
        "twoInputs": (["q.in", "scores.a", "scores.b", "mixed.a", "mixed.b"], ["embed", "head"]),
        // The lookup is the first layer.
        "text": (
            ["q.in", "scores.a", "scores.b", "mixed.a", "mixed.b", "proj.in", "gate.in", "gated.a", "gated.b", "down.in"], ["head"]
        ),
        "windows": (["second.in"], ["stem", "head"]),
        "decoder": (["grown.in", "second.in"], ["stem", "head"]),
    ]

    @Test func sitesStandBeforeLayersAndProductsInOrder() throws {
        let graphs = try SampleGraphs.all()
        #expect(Set(graphs.map(\.name)) == Set(Self.expected.keys))
        for (name, graph) in graphs {
            let placed = try PlaceNeurons.apply(to: graph)
            let (sites, analog) = try #require(Self.expected[name])
            #expect(SpikingNetwork.sites(of: placed) == sites, "\(name)")
            for node in placed.nodes {
                let sides: [NodeID]
                switch node.operation {
                case .linear, .convolution, .transposedConvolution: sides = [node.inputs[0]]
                case .matrixProduct: sides = node.inputs
                case .elementwise(let elementwise) where elementwise.function == .multiply && node.inputs.allSatisfy { placed[$0].constant == nil }:
                    sides = node.inputs
                default: sides = []
                }
                for side in sides {
                    #expect((placed[side].operation == .neuron(NeuronSite())) != analog.contains(node.name), "\(name), \(node.name)")
                }
            }
        }
    }

    /// What one layer norm gives to q, k and v is read by one layer of neurons.
    @Test func readersOfOneValueShareItsNeurons() throws {
        let placed = try PlaceNeurons.apply(to: try SampleGraphs.transformer(depth: 1))
        let readers = placed.consumers[try #require(placed.node(named: "blocks.0.attn.qkv.in"))].map { placed[$0].name }
        #expect(readers == ["blocks.0.attn.qkv.q", "blocks.0.attn.qkv.k", "blocks.0.attn.qkv.v"])
        let q = placed[try #require(placed.node(named: "blocks.0.attn.q"))]
        #expect(placed[q.inputs[0]].name == "blocks.0.attn.q.moved")
    }

    @Test func theHeadGetsNeuronsWhenAskedFor() throws {
        let graph = try SampleGraphs.transformer(depth: 1)
        let plain = SpikingNetwork.sites(of: try PlaceNeurons.apply(to: graph))
        let spiking = SpikingNetwork.sites(of: try PlaceNeurons.apply(to: graph, spikingHead: true))
        #expect(Set(spiking).subtracting(plain) == ["head.in"])
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
