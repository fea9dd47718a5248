import Testing
import VolleyGraph
import VolleyTensors

@Suite struct TopKTests {
    private let x = Tensor([2, 4], [3, 1, 3, 2, -1, 5, 0, 5])

    private func top(_ count: Int, largest: Bool = true, _ part: TopK.Part, axis: Int = 1) throws -> Tensor {
        try evaluate(.topK(TopK(axis: axis, count: count, takesLargest: largest, part: part)), [x])
    }

    @Test func ofEqualElementsTheFirstOneCounts() throws {
        #expect(try top(3, .values).values == [3, 3, 2, 5, 5, 0])
        #expect(try top(3, .positions).values == [0, 2, 3, 1, 3, 2])
        #expect(try top(2, largest: false, .values).values == [1, 2, -1, 0])
        #expect(try top(2, largest: false, .positions).values == [1, 3, 0, 2])
    }

    @Test func alongTheFirstAxis() throws {
        #expect(try top(1, .values, axis: 0).values == [3, 5, 3, 5])
        #expect(try top(1, .positions, axis: 0).values == [0, 1, 0, 1])
    }

    @Test(arguments: [TopK(axis: 1, count: 5, part: .values), TopK(axis: 2, count: 1, part: .values), TopK(axis: 0, count: 1, part: .positions)])
    func whatIsNotThereIsRefused(operation: TopK) {
        let error = #expect(throws: GraphError.self) { try operation.outputShape([[.batch, 4]]) }
        #expect(error?.message.contains("axis \(operation.axis)") == true)
    }
}
