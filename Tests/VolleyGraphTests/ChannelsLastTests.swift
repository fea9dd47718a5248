import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

@Suite struct ChannelsLastTests {
    private static func value(_ graph: Graph, seed: UInt64 = 3) throws -> [String: Tensor] {
        try Evaluator(graph).run(SampleGraphs.inputs(for: graph, batch: 3, seed: seed))
    }

    private static func count(_ name: String, _ graph: Graph) -> Int { graph.nodes.count { $0.operation?.name == name } }

    @Test func sampleGraphsGiveTheSameBits() throws {
        for (name, graph) in try SampleGraphs.all() {
            let moved = try ChannelsLast.apply(to: graph)
            #expect(try Self.value(moved) == Self.value(graph), "\(name)")
            #expect(try ChannelsLast.apply(to: moved) == moved, "\(name): once is enough")
        }
    }

    @Test func graphsWithoutImagesStayAsTheyAre() throws {
        let graph = try SampleGraphs.gatedMLP()
        #expect(try ChannelsLast.apply(to: graph) == graph)
    }

    /// "input" `[N, 3, 8, 6]`, and a builder that makes convolutions of it.
    private struct Network {
        var builder = GraphBuilder()
        var random = SeededGenerator(seed: 5)
        let input: NodeID

        init() throws { input = try builder.input("input", shape: [.batch, 3, 8, 6]) }

        mutating func convolution(_ name: String, _ x: NodeID, outputs: Int, kernel: Int, groups: Int = 1) throws -> NodeID {
            let channels = builder.shape(of: x)[1].size / groups
            let weight = try builder.constant(name + ".weight", random.normalTensor([outputs, channels, kernel, kernel]))
            let bias = try builder.constant(name + ".bias", random.normalTensor([outputs]))
            let padding = [[kernel / 2, kernel / 2], [kernel / 2, kernel / 2]]
            return try builder.add(
                name, .convolution(Convolution(stride: [1, 1], padding: padding, groups: groups)), [x, weight, bias])
        }

        mutating func finish(_ value: NodeID) throws -> Graph {
            builder.output("output", value)
            return try builder.build()
        }
    }

    @Test func nothingIsTurnedBetweenConvolutions() throws {
        var network = try Network()
        let stem = try network.convolution("stem", network.input, outputs: 4, kernel: 3)
        let active = try network.builder.add("relu", .activation(Activation(.relu)), [stem])
        let deep = try network.convolution("deep", active, outputs: 4, kernel: 3, groups: 4)
        let wide = try network.convolution("wide", deep, outputs: 4, kernel: 1)
        let sum = try network.builder.add("sum", .elementwise(Elementwise(.add)), [wide, active])
        let scale = try network.builder.constant("scale", network.random.normalTensor([4, 1, 1]))
        let scaled = try network.builder.add("scaled", .elementwise(Elementwise(.multiply)), [sum, scale])
        let pool = Pooling(.maximum, kernel: [3, 3], stride: [2, 2], padding: [[1, 1], [1, 1]])
        let pooled = try network.builder.add("pool", .pooling(pool), [scaled])
        let joined = try network.builder.add("joined", .concatenation(Concatenation(axis: 1)), [pooled, pooled])
        let part = try network.builder.add("part", .slice(Slicing(axis: 1, start: 1, length: 5)), [joined])
        let padding = Padding(amounts: [[0, 0], [1, 0], [0, 2], [1, 1]])
        let padded = try network.builder.add("padded", .padding(padding), [part])
        let mean = try network.builder.add("mean", .reduction(Reduction(.mean, axes: [2, 3], keepsAxes: true)), [padded])
        let flat = try network.builder.add("flat", .reshape(Reshape(to: [.batch, 6])), [mean])
        let graph = try network.finish(flat)
        let moved = try ChannelsLast.apply(to: graph)
        #expect(Self.count("transpose", moved) == 1, "the input's")
        #expect(Self.count("linear", moved) == 1 && Self.count("convolution", moved) == 2)
        #expect(try Self.value(moved) == Self.value(graph))
    }

    @Test func whatNeedsChannelsFirstGetsThem() throws {
        var network = try Network()
        let stem = try network.convolution("stem", network.input, outputs: 4, kernel: 3)
        let flat = try network.builder.add("flat", .reshape(Reshape(to: [.batch, 192])), [stem])
        let graph = try network.finish(flat)
        let moved = try ChannelsLast.apply(to: graph)
        #expect(Self.count("transpose", moved) == 2)
        #expect(try Self.value(moved) == Self.value(graph))
    }

    /// As a patch embedding does: tokens are pixels.
    @Test func tokensArePixels() throws {
        var network = try Network()
        let stem = try network.convolution("stem", network.input, outputs: 4, kernel: 3)
        let line = try network.builder.add("line", .reshape(Reshape(to: [.batch, 4, 48])), [stem])
        let tokens = try network.builder.add("tokens", .transpose(Transpose([0, 2, 1])), [line])
        let graph = try network.finish(tokens)
        let moved = try ChannelsLast.apply(to: graph)
        #expect(Self.count("transpose", moved) == 1, "the input's")
        #expect(try Self.value(moved) == Self.value(graph))
    }

    /// As ConvNeXt does: to the channels last and back.
    @Test func transpositionsBetweenTheOrdersVanish() throws {
        var network = try Network()
        let stem = try network.convolution("stem", network.input, outputs: 4, kernel: 3)
        let last = try network.builder.add("last", .transpose(Transpose([0, 2, 3, 1])), [stem])
        let norm = try network.builder.add(
            "norm", .layerNormalization(LayerNormalization(epsilon: 1e-5)),
            [
                last, network.builder.constant("gamma", network.random.normalTensor([4])),
                network.builder.constant("beta", network.random.normalTensor([4])),
            ])
        let first = try network.builder.add("first", .transpose(Transpose([0, 3, 1, 2])), [norm])
        let sum = try network.builder.add("sum", .elementwise(Elementwise(.add)), [first, stem])
        let deep = try network.convolution("deep", sum, outputs: 4, kernel: 3)
        let mean = try network.builder.add("mean", .reduction(Reduction(.mean, axes: [2, 3])), [deep])
        let graph = try network.finish(mean)
        let moved = try ChannelsLast.apply(to: graph)
        #expect(Self.count("transpose", moved) == 1, "the input's")
        #expect(try Self.value(moved) == Self.value(graph))
    }
}
