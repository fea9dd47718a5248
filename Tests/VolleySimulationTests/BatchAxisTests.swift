import OrderedCollections
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Inputs whose batch axis is not the first cannot be cut into samples: neither threads nor groups may try.
@Suite struct BatchAxisTests {
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

    /// More samples than one group holds.
    @Test func samplesStayTogether() throws {
        let program = try Program(try SampleNetworks.network(try Self.graph(), coding: .rate), timeSteps: 8)
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
