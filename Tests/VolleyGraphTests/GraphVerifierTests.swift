import Testing
import VolleyGraph
import VolleyTensors

/// Documents that lie.
@Suite struct GraphVerifierTests {
    private static let absurd = SymbolicLength(1 << 31)

    struct Lie: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var code: GraphError.Code
        /// What the error's description must name.
        var names: String
        var change: @Sendable (inout GraphDocument) throws -> Void

        init(
            _ description: String, _ code: GraphError.Code = .malformed, names: String,
            _ change: @escaping @Sendable (inout GraphDocument) throws -> Void
        ) {
            (testDescription, self.code, self.names, self.change) = (description, code, names, change)
        }
    }

    // The nodes of the small graph: x, w, y (convolution), z (reshape), p (slice), c (concatenation), m (mean).
    private static let lies: [Lie] = [
        Lie("two nodes of one name", names: "'x'") { $0.nodes.append($0.nodes[0]) },
        Lie("a node without a name", names: "no name") {
            $0.nodes.append($0.nodes[0])
            $0.nodes[7].name = ""
        },
        Lie("a later input", names: "'z'") { $0.nodes[2].inputs = ["z", "w"] },
        Lie("itself as input", names: "'z'") { $0.nodes[3].inputs = ["z"] },
        Lie("a cycle", names: "'m'") { $0.nodes[4].inputs = ["m"] },
        Lie("an unknown input", names: "'nowhere'") { $0.nodes[3].inputs = ["nowhere"] },
        Lie("too many inputs", names: "2 inputs") { $0.nodes[3].inputs = ["y", "y"] },
        Lie("too few inputs", names: "1 inputs") { $0.nodes[2].inputs = ["x"] },
        Lie("no inputs at all", names: "0 inputs") { $0.nodes[5].inputs = nil },
        Lie("an input that reads", names: "reads no value") {
            $0.nodes.swapAt(0, 1)
            $0.nodes[1].inputs = ["w"]
        },
        Lie("a constant that reads", names: "reads no value") { $0.nodes[1].inputs = ["x"] },
        Lie("an operation that is missing", names: "missing") { $0.nodes[3].operation = nil },
        Lie("an input that computes", names: "only operations") { $0.nodes[0].operation = .softmax(Softmax()) },
        Lie("a constant that computes", names: "only operations") { $0.nodes[1].operation = .softmax(Softmax()) },
        Lie("a wrong shape", names: "[N, 19]") { $0.nodes[3].shape = [.batch, 19] },
        Lie("a wrong constant's shape", names: "[2, 1, 1, 2]") { $0.nodes[1].shape = [2, 1, 2, 1] },
        Lie("a negative length", names: "[N, -18]") { $0.nodes[3].shape = [.batch, -18] },
        Lie("no multiple of the batch size", names: "0N") {
            $0.nodes[0].shape = [SymbolicLength(0, scalesWithBatch: true), 1, 2, 3]
        },
        Lie("too many axes", names: "8 axes") { $0.nodes[0].shape = SymbolicShape([SymbolicLength](repeating: 1, count: 9)) },
        Lie("too many elements", names: "elements") { $0.nodes[0].shape = [.batch, absurd, absurd, absurd] },
        Lie("too many elements beside an empty axis", names: "elements") { $0.nodes[0].shape = [absurd, absurd, absurd, 0] },
        Lie("a length beyond all bounds", names: "elements") { $0.nodes[0].shape = [SymbolicLength(.max), 2, 1, 1] },
        Lie("an absurd reshape", .shapeMismatch, names: "reshape") {
            $0.nodes[3].operation = .reshape(Reshape(to: [.batch, absurd, absurd, absurd]))
        },
        Lie("an absurd expansion", names: "recorded") {
            $0.nodes[3].operation = .expansion(Expansion(to: [SymbolicLength(.max), .batch, 2, 3, 3]))
        },
        Lie("a kernel that does not fit", .shapeMismatch, names: "groups") {
            $0.nodes[2].operation = .convolution(Convolution(stride: [1, 1], groups: 2))
        },
        Lie("no output", names: "no output") { $0.outputs = [] },
        Lie("an output of nothing", names: "'nothing'") { $0.outputs[0].value = "nothing" },
        Lie("two outputs of one name", names: "'out'") { $0.outputs.append($0.outputs[0]) },
    ]

    @Test(arguments: lies) func isCaught(lie: Lie) throws {
        let graph = try smallGraph()
        var document = GraphDocument(graph)
        try lie.change(&document)
        let error = #expect(throws: GraphError.self) {
            try document.graph { graph.constants[$0] ?? Tensor(scalar: 0) }
        }
        #expect(error?.code == lie.code)
        #expect(error?.description.contains(lie.names) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func weightsMustBeFinite(bad: Float) throws {
        let document = GraphDocument(try smallGraph())
        let error = #expect(throws: GraphError.self) {
            try document.graph { _ in Tensor([2, 1, 1, 2], [1, 2, 3, bad]) }
        }
        #expect(error?.code == .notFinite)
        #expect(error?.node == "w")
    }

    @Test func errorsOfWhoHoldsTheConstantsPass() throws {
        struct Missing: Error {}
        let document = GraphDocument(try smallGraph())
        #expect(throws: Missing.self) { try document.graph { _ in throw Missing() } }
    }

    @Test func theTruthIsAccepted() throws {
        let graph = try graphOfEveryOperator()
        try GraphVerifier.verify(graph)
        #expect(try GraphDocument(graph).graph { graph.constants[$0]! } == graph)
    }
}
