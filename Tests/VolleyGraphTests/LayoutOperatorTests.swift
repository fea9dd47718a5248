import Testing
import VolleyGraph
import VolleyTensors

/// Operators that move elements: exact.
@Suite struct LayoutOperatorTests {
    private let x = randomTensor([2, 3, 4], seed: 1)

    @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1], [1, 0, 2], [2, 0, 1]]) func transpose(permutation: [Int]) throws {
        let y = try evaluate(.transpose(Transpose(permutation)), [x])
        #expect(y.shape.dimensions == permutation.map { x.shape[$0] })
        let expected = Tensor.make(y.shape) { at in
            var from = [0, 0, 0]
            for (axis, source) in permutation.enumerated() { from[source] = at[axis] }
            return x.broadcastElement(from)
        }
        #expect(y == expected)
    }

    @Test func transposeOfAScalarAndOfManyAxes() throws {
        #expect(try evaluate(.transpose(Transpose([])), [Tensor(scalar: 3)]) == Tensor(scalar: 3))
        let many = randomTensor([2, 1, 2, 1, 2, 1, 2, 3], seed: 2)
        let reversed = Transpose(Array((0..<8).reversed()))
        #expect(try evaluate(.transpose(reversed), [try evaluate(.transpose(reversed), [many])]) == many)
    }

    @Test(arguments: [(0, 1, 1), (0, 0, 2), (1, 1, 2), (2, 0, 3), (2, 3, 1), (1, 2, 0), (2, 4, 0)])
    func slice(axis: Int, start: Int, length: Int) throws {
        let y = try evaluate(.slice(Slicing(axis: axis, start: start, length: length)), [x])
        #expect(y.shape[axis] == length)
        let expected = Tensor.make(y.shape) { at in
            var from = at
            from[axis] += start
            return x.broadcastElement(from)
        }
        #expect(y == expected)
    }

    @Test(arguments: [0, 1, 2]) func concatenationPutsSlicesBackTogether(axis: Int) throws {
        let length = x.shape[axis]
        let parts = try [(0, 1), (1, 0), (1, length - 1)].map { start, count in
            try evaluate(.slice(Slicing(axis: axis, start: start, length: count)), [x])
        }
        #expect(try evaluate(.concatenation(Concatenation(axis: axis)), parts) == x)
        #expect(try evaluate(.concatenation(Concatenation(axis: axis)), [x]) == x)
    }

    @Test(
        arguments: [
            ([3, 1], [2, 3, 4]), ([], [2, 2]), ([1, 1, 4], [5, 3, 4]), ([4], [4]), ([1], [0]), ([2, 1, 2], [2, 3, 2]),
        ] as [([Int], [Int])])
    func expansion(from: [Int], to: [Int]) throws {
        let source = randomTensor(Shape(from), seed: 3)
        let y = try evaluate(.expansion(Expansion(to: SymbolicShape(Shape(to)))), [source])
        #expect(y == .make(Shape(to)) { source.broadcastElement($0) })
    }

    @Test func expansionToTheBatchSize() throws {
        var builder = GraphBuilder()
        let input = try builder.input("input", shape: [.batch, 2])
        let token = try builder.constant("token", Tensor([1, 2], [5, 6]))
        let repeated = try builder.add("repeated", .expansion(Expansion(to: [.batch, 2])), [token])
        builder.output("sum", try builder.add("sum", .elementwise(Elementwise(.add)), [input, repeated]))
        let sum = try Evaluator(builder.build()).run(["input": Tensor([3, 2])])["sum"]
        #expect(sum == Tensor([3, 2], [5, 6, 5, 6, 5, 6]))
    }

    @Test func reshapeKeepsRowMajorOrder() throws {
        #expect(try evaluate(.reshape(Reshape(to: [4, 6])), [x]) == x.reshaped(to: [4, 6]))
        #expect(try evaluate(.reshape(Reshape(to: [])), [Tensor([1, 1], [2])]) == Tensor(scalar: 2))
        #expect(try evaluate(.reshape(Reshape(to: [0, 7])), [Tensor([3, 0], [])]) == Tensor([0, 7], []))
    }

    @Test func reshapeMayMoveTheBatchSize() throws {
        let reshape = Reshape(to: [SymbolicLength(3, scalesWithBatch: true), 4])
        #expect(try reshape.outputShape([[.batch, 12]]).description == "[3N, 4]")
        #expect(throws: GraphError.self) { try Reshape(to: [12]).outputShape([[.batch, 12]]) }
        #expect(throws: GraphError.self) { try Reshape(to: [.batch, .batch]).outputShape([[.batch]]) }
    }

    @Test func aNeuronSiteHandsItsInputOn() throws {
        #expect(try evaluate(.neuron(NeuronSite()), [x]) == x)
    }
}
