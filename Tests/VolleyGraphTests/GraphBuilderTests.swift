import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

@Suite struct GraphBuilderTests {
    @Test func namesAreUniqueAndNotEmpty() throws {
        var builder = GraphBuilder()
        _ = try builder.input("x", shape: [.batch])
        let twice = #expect(throws: GraphError.self) { try builder.constant("x", Tensor(scalar: 1)) }
        #expect(twice?.node == "x")
        #expect(throws: GraphError.self) { try builder.input("", shape: [.batch]) }
    }

    @Test func theNumberOfInputsIsChecked() throws {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch, 3])
        let error = #expect(throws: GraphError.self) { try builder.add("y", .linear(Linear()), [x]) }
        #expect(error?.code == .malformed)
        #expect(error?.description == "node 'y': linear takes 2 to 3 inputs, found 1")
    }

    @Test func errorsOfOperatorsNameTheNode() throws {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch, 3])
        let error = #expect(throws: GraphError.self) {
            try builder.add("turned", .transpose(Transpose([0])), [x])
        }
        #expect(error?.node == "turned")
        #expect(error?.code == .shapeMismatch)
    }

    @Test(arguments: [
        [SymbolicLength](repeating: 1, count: 9), [-1], [.batch, -3], [SymbolicLength(0, scalesWithBatch: true)],
        [SymbolicLength(.max), SymbolicLength(.max)], [SymbolicLength(1 << 31), 2], [SymbolicLength(1 << 31), SymbolicLength(1 << 31), 0],
    ])
    func shapesBeyondTheLimitsAreRefused(dimensions: [SymbolicLength]) {
        var builder = GraphBuilder()
        let error = #expect(throws: GraphError.self) { try builder.input("x", shape: SymbolicShape(dimensions)) }
        #expect(error?.code == .shapeMismatch)
        #expect(!SymbolicShape(dimensions).isSupported)
    }

    @Test func operatorsMayNotMakeShapesBeyondTheLimits() throws {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [1])
        let large = SymbolicShape([SymbolicLength](repeating: SymbolicLength(1 << 16), count: 2))
        let error = #expect(throws: GraphError.self) { try builder.add("y", .expansion(Expansion(to: large)), [x]) }
        #expect(error?.description.contains("[65536, 65536]") == true)
        let many = try builder.input("many", shape: [1, 1, 1, 1, 1, 1, 1, 1])
        let nine = SymbolicShape([SymbolicLength](repeating: 1, count: 9))
        #expect(throws: GraphError.self) { try builder.add("z", .expansion(Expansion(to: nine)), [many]) }
    }

    @Test func outputsExistAndHaveUniqueNames() throws {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch])
        #expect(throws: GraphError.self) { try builder.build() }
        builder.output("out", x)
        #expect(try builder.build().outputs == [Graph.Output(name: "out", value: x)])
        builder.output("out", x)
        #expect(throws: GraphError.self) { try builder.build() }
        var other = GraphBuilder()
        other.output("out", 3)
        #expect(throws: GraphError.self) { try other.build() }
    }

    @Test func whatWasBuiltCanBeRead() throws {
        let graph = try smallGraph()
        let y = try #require(graph.node(named: "y"))
        #expect(graph.node(named: "nothing") == nil)
        #expect(graph.inputs == [0])
        #expect(graph[y].shape.description == "[N, 2, 3, 3]")
        #expect(graph.consumers == [[2], [2], [3], [4, 5], [5], [6], []])
        #expect(graph.lastUses == [2, 2, 3, 5, 5, 6, 7])
        #expect(graph.parameterCount == 4)
        #expect(
            GraphDump.text(graph) == """
                x = input [N, 1, 2, 3]
                w = constant [2, 1, 1, 2]
                y = convolution(x, w) [N, 2, 3, 3]
                z = reshape(y) [N, 18]
                p = slice(z) [N, 4]
                c = concatenation(p, z) [N, 22]
                m = reduction(c) [N, 1]
                output out = m

                """)
    }

    @Test func aCopyKeepsTheSiteNames() throws {
        let graph = try graphOfEveryOperator()
        let copy = try graph.rebuilt { builder, node, _, inputs in try builder.copy(node, inputs: inputs) }
        #expect(copy == graph)
        #expect(!copy.siteNames.isEmpty)
    }

    @Test func aPassMayNotRemoveAnOutput() throws {
        let error = #expect(throws: GraphError.self) {
            try smallGraph().rebuilt { builder, node, _, inputs in
                node.name == "m" ? nil : try builder.copy(node, inputs: inputs)
            }
        }
        #expect(error?.message.contains("'out'") == true)
    }
}
