import Testing
import VolleyGraph
import VolleyTensors

@Suite struct GatherTests {
    private let x = randomTensor([3, 4, 5], seed: 70)

    private func wrapped(_ index: Float, _ length: Int) -> Int { index < 0 ? Int(index) + length : Int(index) }

    @Test(arguments: [0, 1, 2], [([], [1]), ([2], [-1, 0]), ([2, 2], [2, 0, -3, 1]), ([0], [])] as [([Int], [Float])])
    func slices(axis: Int, indices: ([Int], [Float])) throws {
        let indices = Tensor(Shape(indices.0), indices.1)
        let y = try evaluate(.gather(Gather(axis: axis)), [x, indices])
        let rank = indices.shape.rank
        #expect(y.shape.rank == 2 + rank)
        let expected = Tensor.make(y.shape) { at in
            let index = indices.broadcastElement(Array(at[axis..<axis + rank]))
            return x.broadcastElement(at[..<axis] + [wrapped(index, x.shape[axis])] + at[(axis + rank)...])
        }
        #expect(y == expected)
    }

    @Test(arguments: [Float.nan, 4, -5, .infinity, 1e30, 0x1p31]) func indicesOutsideGiveNaN(index: Float) throws {
        let table = Tensor([4, 2], [1, 2, 3, 4, 5, 6, 7, 8])
        let indices = Tensor([2], [index, 1])
        func values(_ operation: any GraphOperation, _ indices: Tensor, _ shape: Shape) -> [Float] {
            var output = Tensor(shape)
            operation.evaluate([table, indices], into: &output, on: .best)
            return output.values
        }
        let rows = values(Gather(axis: 0), indices, [2, 2])
        #expect(rows[0].isNaN && rows[1].isNaN && rows[2...] == [3, 4])
        let elements = values(GatherElements(axis: 0), Tensor([2, 1], indices.values), [2, 1])
        #expect(elements[0].isNaN && elements[1] == 3)
        let slices = values(GatherND(), Tensor([2, 1], indices.values), [2, 2])
        #expect(slices[0].isNaN && slices[1].isNaN && slices[2...] == [3, 4])
        let pairs = values(GatherND(), Tensor([2, 2], [1, index, 1, 1]), [2])
        #expect(pairs[0].isNaN && pairs[1] == 4)
    }

    @Test func indicesThatAreNearlyIntegersCount() throws {
        let y = try evaluate(.gather(Gather(axis: 0)), [Tensor([3], [5, 6, 7]), Tensor([2], [1.9999998, -1.0000001])])
        #expect(y.values == [7, 7])
    }

    @Test(arguments: [(0, [2, 4, 5]), (1, [3, 7, 5]), (2, [3, 4, 1]), (1, [2, 6, 3]), (2, [3, 0, 2])] as [(Int, [Int])])
    func elements(axis: Int, shape: [Int]) throws {
        var random = SeededGenerator(seed: 71)
        let length = x.shape[axis]
        let indices = Tensor.make(Shape(shape)) { _ in Float(Int.random(in: -length..<length, using: &random)) }
        let y = try evaluate(.gatherElements(GatherElements(axis: axis)), [x, indices])
        let expected = Tensor.make(Shape(shape)) { at in
            var from = at
            from[axis] = wrapped(indices.broadcastElement(at), length)
            return x.broadcastElement(from)
        }
        #expect(y == expected)
    }

    @Test(
        arguments: [(0, [2, 3]), (0, [2]), (0, [4, 1, 2]), (1, [3, 2]), (1, [3, 6, 1]), (2, [3, 4, 1]), (0, [2, 0]), (0, [0, 2])] as [(Int, [Int])])
    func slicesByPosition(batchAxes: Int, shape: [Int]) throws {
        var random = SeededGenerator(seed: 72)
        let width = shape[shape.count - 1]
        let indices = Tensor.make(Shape(shape)) { at in
            let length = x.shape[batchAxes + at[at.count - 1]]
            return Float(Int.random(in: -length..<length, using: &random))
        }
        let y = try evaluate(.gatherND(GatherND(batchAxes: batchAxes)), [x, indices])
        #expect(y.shape.dimensions == shape.dropLast() + x.shape.dimensions[(batchAxes + width)...])
        let expected = Tensor.make(y.shape) { at in
            let tuple = Array(at[..<(shape.count - 1)])
            let named = (0..<width).map { wrapped(indices.broadcastElement(tuple + [$0]), x.shape[batchAxes + $0]) }
            return x.broadcastElement(at[..<batchAxes] + named + at[(shape.count - 1)...])
        }
        #expect(y == expected)
    }

    @Test func theBatchSizeStaysFree() throws {
        let n = SymbolicLength.batch
        #expect(try Gather(axis: 0).outputShape([[100, 8], [n, 7]]) == [n, 7, 8])
        #expect(try Gather(axis: 1).outputShape([[n, 7, 8], []]) == [n, 8])
        #expect(try GatherElements(axis: 1).outputShape([[n, 7, 8], [n, 3, 8]]) == [n, 3, 8])
        #expect(try GatherND(batchAxes: 1).outputShape([[n, 7, 8], [n, 1]]) == [n, 8])
    }

    @Test(
        arguments: [([2, 3], [2, 3], [2, 3]), ([], [2, 3], []), ([3], [2, 1], []), ([2, 1], [1, 3], [2, 3]), ([1, 4], [0, 1], [0, 4])]
            as [([Int], [Int], [Int])])
    func selection(condition: [Int], a: [Int], b: [Int]) throws {
        let chosen = randomTensor(Shape(condition), seed: 73).values.map { $0 > 0 ? $0 : 0 }
        let condition = Tensor(Shape(condition), chosen)
        let (a, b) = (randomTensor(Shape(a), seed: 74), randomTensor(Shape(b), seed: 75))
        let y = try evaluate(.selection(Selection()), [condition, a, b])
        let expected = Tensor.make(y.shape) {
            condition.broadcastElement($0) != 0 ? a.broadcastElement($0) : b.broadcastElement($0)
        }
        #expect(y == expected)
    }
}
