import OrderedCollections
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Wherever the batch lies, and whether or not samples meet: threads, groups and time-steps as further samples change no bit.
@Suite struct BatchAxisTests {
    private static let timeSteps = 18

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var graph: Graph
        var testDescription: String { name }
    }

    static let separate: [Case] = try! (SampleGraphs.all() + BatchGraphs.separate()).map { Case(name: $0, graph: $1) }
    static let together: [Case] = try! BatchGraphs.together().map { Case(name: $0, graph: $1) }

    /// With neurons, for without them nothing depends on time.
    private static func network(_ example: Case, _ coding: Coding) throws -> SpikingNetwork {
        let network = try SampleNetworks.network(example.graph, coding: coding, spikingHead: true)
        try #require(!network.neurons.isEmpty)
        return network
    }

    @Test(arguments: separate, Coding.allCases) func ordinaryNetworksKeepTheirSpeed(_ example: Case, coding: Coding) throws {
        let program = try Program(try Self.network(example, coding), timeSteps: Self.timeSteps)
        #expect(program.executable.batching.rule == .separate)
        // Tokens in front of samples: their neurons take the steps one by one.
        #expect(program.foldsTime == !["tokensFirst", "twoBlocks"].contains(example.name))
        #expect(program.diagnostics.isEmpty)
    }

    @Test(arguments: separate + together, Coding.allCases) func sameBitsHoweverItIsDivided(_ example: Case, coding: Coding) throws {
        let network = try Self.network(example, coding)
        for batch in [1, 2, 5] {
            let inputs = SampleGraphs.inputs(for: network.graph, batch: batch, seed: 41)
            let program = try Program(network, timeSteps: Self.timeSteps)
            var session = Session(program, order: .stepSequential)
            let expected = try session.run(inputs)
            let ann = try program.ann.run(inputs)
            for order in Session.Order.allCases {
                for threads in [1, 2, 3, 7] {
                    let simulator = ParallelSimulator(program, threads: threads, order: order)
                    let found = try simulator.run(inputs)
                    #expect(found.outputs == expected.outputs && found.spikes == expected.spikes, "\(batch), \(threads), \(order)")
                    #expect(found.steps == expected.steps, "\(batch), \(threads), \(order)")
                    #expect(try simulator.runANN(inputs) == ann, "\(batch), \(threads)")
                }
            }
        }
    }

    @Test(arguments: separate.suffix(3) + together, Coding.allCases) func equalsTheReference(_ example: Case, coding: Coding) throws {
        let network = try Self.network(example, coding)
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 3, seed: 42)
        let expected = try ReferenceSimulator(network, timeSteps: 4).run(inputs)
        let found = try ParallelSimulator(try Program(network, timeSteps: 4), threads: 2).run(inputs)
        for (name, tensor) in expected.outputs {
            let difference = Difference(found.outputs[name], tensor)
            #expect(difference.relative <= SessionTests.tolerance, "\(name): \(difference)")
        }
        #expect(found.spikes == expected.spikes)
    }

    @Test(arguments: together) func whatCannotBePartedIsNamed(_ example: Case) throws {
        let program = try Program(try Self.network(example, .rate), timeSteps: 2)
        #expect(!program.foldsTime)
        #expect(program.diagnostics.contains { $0.message.contains("a batch runs as a whole") })
    }

    /// `x [3, N]` → transpose → linear 3 → 4 → linear 4 → 4 → linear 4 → 2.
    private static func graph() throws -> Graph {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [3, .batch])
        let rows = try builder.add("rows", .transpose(Transpose([1, 0])), [x])
        var generator = SeededGenerator(seed: 5)
        func weight(_ shape: Shape) -> Tensor { Tensor(shape, (0..<shape.count).map { _ in generator.normal() }) }
        let first = try builder.add("first", .linear(Linear()), [rows, builder.constant("first.weight", weight([4, 3]))])
        let second = try builder.add("second", .linear(Linear()), [first, builder.constant("second.weight", weight([4, 4]))])
        let head = try builder.add("head", .linear(Linear()), [second, builder.constant("head.weight", weight([2, 4]))])
        builder.output("y", head)
        return try builder.build()
    }

    /// An element of sample 2 that is no number, wherever the samples lie: `1 / x [N, 3]` as `[3, N]`, as two batches one behind the
    /// other `[2N, 3]`, and as all positions of all samples `[3N]`.
    @Test func theSampleOfANonFiniteOutputIsNamed() throws {
        for layout in 0..<3 {
            var builder = GraphBuilder()
            let x = try builder.input("x", shape: [.batch, 3])
            let one = try builder.constant("one", Tensor(scalar: 1))
            let inverse = try builder.add("inverse", .elementwise(Elementwise(.divide)), [one, x])
            let y =
                switch layout {
                case 0: try builder.add("turned", .transpose(Transpose([1, 0])), [inverse])
                case 1: try builder.add("twice", .concatenation(Concatenation(axis: 0)), [x, inverse])
                default: try builder.add("flat", .reshape(Reshape(to: [SymbolicLength(3, scalesWithBatch: true)])), [inverse])
                }
            builder.output("y", y)
            let network = try SpikingNetwork(graph: try builder.build(), coding: .rate, neurons: [:], provenance: SampleNetworks.provenance)
            let input = Tensor([4, 3], (0..<12).map { $0 == 7 ? 0 : Float($0 + 1) })
            let simulator = ParallelSimulator(try Program(network, timeSteps: 2), threads: 2)
            let expected = NonFiniteOutput(output: "y", step: 1, sample: 2)
            #expect(throws: expected) { try simulator.run(["x": input]).requireFinite(samples: 4) }
            #expect {
                _ = try simulator.answers(["x": input])
            } throws: { ($0 as? NonFiniteOutput)?.sample == 2 && ($0 as? NonFiniteOutput)?.node == "inverse" }
        }
    }

    /// More samples than one group holds.
    @Test func samplesStayTogether() throws {
        let program = try Program(try Self.network(Case(name: "turned", graph: try Self.graph()), .rate), timeSteps: 8)
        let count = 70_000
        var generator = SeededGenerator(seed: 6)
        let x = Tensor([3, count], (0..<3 * count).map { _ in generator.normal() })
        let result = try ParallelSimulator(program, threads: 2).run(["x": x])
        #expect(result.outputs["y"]!.shape == [8, count, 2])
        let last = count - 1
        let one = Tensor([3, 1], [x[0, last], x[1, last], x[2, last]])
        let alone = try ParallelSimulator(program, threads: 1).run(["x": one])
        for step in 0..<8 {
            for output in 0..<2 { #expect(result.outputs["y"]![step, last, output] == alone.outputs["y"]![step, 0, output]) }
        }
        #expect(try ParallelSimulator(program, threads: 2).runANN(["x": x])["y"]!.shape == [count, 2])
    }
}
