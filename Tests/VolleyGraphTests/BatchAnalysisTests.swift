import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

/// The proof that samples do not meet, held against what happens when one of them changes.
@Suite struct BatchAnalysisTests {
    private static let batch = 3

    /// Every value by node.
    private func values(_ graph: Graph, _ inputs: [String: Tensor]) throws -> [String: Tensor] {
        var values = inputs
        _ = try Evaluator(graph, kernels: Kernels.available[0]).run(inputs) { node, value in values[node.name] = value }
        return values
    }

    private func sameBits(_ a: Tensor, _ b: Tensor) -> Bool {
        a.shape == b.shape && zip(a.values, b.values).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
    }

    /// Changes each sample in turn, and runs each alone: nothing but its own part of a separate value may move, and that part
    /// is what the sample alone gives.
    /// - Returns: how many values are separate, and how many are not.
    private func check(_ graph: Graph, seed: UInt64) throws -> (separate: Int, mixed: Int) {
        let analysis = BatchAnalysis(graph)
        let (batch, batching) = (Self.batch, Batching(graph))
        let inputs = SampleGraphs.inputs(for: graph, batch: batch, seed: seed)
        let others = SampleGraphs.inputs(for: graph, batch: batch, seed: seed + 1000)
        let expected = try values(graph, inputs)
        for sample in 0..<batch {
            let own = sample..<sample + 1
            let alone = try values(graph, batching.samples(own, of: batch, in: inputs))
            let changed = inputs.reduce(into: [String: Tensor]()) { changed, input in
                guard let axis = batching.inputs[input.key] else { return changed[input.key] = input.value }
                let parts = (0..<batch).map { axis.samples($0..<$0 + 1, of: batch, in: $0 == sample ? others[input.key]! : input.value) }
                changed[input.key] = axis.joining(parts)
            }
            let moved = try values(graph, changed)
            for (id, node) in graph.nodes.enumerated() where node.constant == nil {
                let (before, after) = (expected[node.name]!, moved[node.name]!)
                switch analysis.layouts[id] {
                case .mixed: break
                case .shared: #expect(sameBits(before, after), "seed \(seed): \(node.name) is shared\n\(GraphDump.text(graph))")
                case .separate(let axis):
                    for other in 0..<batch where other != sample {
                        let range = other..<other + 1
                        let stays = sameBits(axis.samples(range, of: batch, in: before), axis.samples(range, of: batch, in: after))
                        #expect(stays, "seed \(seed): \(node.name), sample \(other) moves with \(sample)\n\(GraphDump.text(graph))")
                    }
                    let isSame = sameBits(axis.samples(own, of: batch, in: before), alone[node.name]!)
                    #expect(isSame, "seed \(seed): \(node.name), sample \(sample) alone\n\(GraphDump.text(graph))")
                    #expect(
                        axis.joining((0..<batch).map { axis.samples($0..<$0 + 1, of: batch, in: before) }) == before
                            || before.values.contains { $0.isNaN })
                }
            }
        }
        let operations = graph.nodes.indices.filter { graph[$0].operation != nil }
        return (
            operations.count { analysis.layouts[$0].axis != nil }, operations.count { analysis.layouts[$0] == .mixed }
        )
    }

    @Test(arguments: 0..<8) func randomGraphs(part: UInt64) throws {
        var (separate, mixed) = (0, 0)
        for seed in part * 100..<(part + 1) * 100 {
            let counts = try check(try RandomBatchGraph(seed: seed, operations: 10).build(), seed: seed)
            (separate, mixed) = (separate + counts.separate, mixed + counts.mixed)
        }
        // Neither is a matter of a few values.
        #expect(separate > 200 && mixed > 50, "\(separate) separate and \(mixed) mixed values")
    }

    @Test func ordinaryNetworksAreSeparate() throws {
        for (name, graph) in try SampleGraphs.all() + BatchGraphs.separate() {
            #expect(Batching(graph).rule == .separate, "\(name)")
            #expect(try check(graph, seed: 5).mixed == 0, "\(name)")
        }
    }

    @Test func whereSamplesMeet() throws {
        for (name, graph) in try BatchGraphs.together() {
            guard case .together(let id) = Batching(graph).rule else {
                Issue.record("\(name): samples meet")
                continue
            }
            #expect(graph.outputs[0].value == id || ["pairs", "mean"].contains(graph[id].name), "\(name)")
            _ = try check(graph, seed: 6)
        }
    }

    @Test func orderOfSamples() throws {
        let blocks = try BatchGraphs.twoBlocks()
        #expect(Batching(blocks).outputs == ["y": BatchAxis(0, blocks: 2)])
        #expect(Batching(try BatchGraphs.tokensFirst()).outputs == ["y": BatchAxis(1)])
        let y = Tensor([4, 1], [1, 2, 3, 4])
        #expect(BatchAxis(0, blocks: 2).samples(1..<2, of: 2, in: y) == Tensor([2, 1], [2, 4]))
        #expect(BatchAxis(0).samples(1..<2, of: 2, in: y) == Tensor([2, 1], [3, 4]))
        #expect((0..<4).map { BatchAxis(0, blocks: 2).sample(of: $0, in: [4, 1], batch: 2) } == [0, 1, 0, 1])
        #expect((0..<6).map { BatchAxis(1).sample(of: $0, in: [2, 3], batch: 3) } == [0, 1, 2, 0, 1, 2])
        #expect((0..<12).map { BatchAxis(0).sample(of: $0, in: [6, 2], batch: 3) } == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
        #expect(BatchAxis(0, blocks: 2).joining([Tensor([2, 1], [1, 3]), Tensor([2, 1], [2, 4])]) == y)
    }

    /// Without a batch size of its own, a graph takes as many samples as its inputs and outputs begin with.
    @Test func fixedBatches() throws {
        func graph(_ shape: SymbolicShape, _ function: Reduction?) throws -> Graph {
            var builder = GraphBuilder()
            let x = try builder.input("x", shape: shape)
            let y = try function.map { try builder.add("y", .reduction($0), [x]) } ?? x
            builder.output("y", y)
            return try builder.build()
        }
        let fixed = Batching(try graph([4, 3], Reduction(.mean, axes: [1])))
        #expect(fixed.rule == .fixed(4) && fixed.samplesPerRun == 4)
        #expect(fixed.runs(of: 12, size: 100) == [0..<4, 4..<8, 8..<12])
        #expect(fixed.parts(of: 12, atMost: 2) == [0..<4, 4..<12])
        #expect(Batching(try graph([4, 3], Reduction(.mean, axes: [0]))).rule == .separate)
        #expect(Batching(try graph([.batch, 3], nil)).rule == .separate)
    }
}
