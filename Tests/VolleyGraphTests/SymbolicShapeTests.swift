import Testing
import VolleyGraph
import VolleyTensors

@Suite struct SymbolicShapeTests {
    @Test func resolvesWithABatchSize() {
        let shape: SymbolicShape = [.batch, 7, SymbolicLength(4, scalesWithBatch: true)]
        #expect(shape.resolved(batch: 3) == [3, 7, 12])
        #expect(shape.perSample == [1, 7, 4])
        #expect(shape.scalesWithBatch)
        let fixed: SymbolicShape = [1, 2]
        #expect(!fixed.scalesWithBatch)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var left: SymbolicShape
        var right: SymbolicShape
        var result: SymbolicShape?
        var testDescription: String { "\(left) with \(right)" }
    }

    private static let cases: [Case] = [
        Case(left: [2, 3], right: [2, 3], result: [2, 3]),
        Case(left: [2, 3], right: [3], result: [2, 3]),
        Case(left: [], right: [2], result: [2]),
        Case(left: [2, 1], right: [1, 3], result: [2, 3]),
        Case(left: [.batch, 1, 3], right: [4, 1], result: [.batch, 4, 3]),
        Case(left: [.batch, 3], right: [1, 3], result: [.batch, 3]),
        Case(left: [1], right: [.batch], result: [.batch]),
        Case(left: [1], right: [0], result: [0]),
        Case(left: [.batch], right: [.batch], result: [.batch]),
        Case(left: [2, 3], right: [2, 4], result: nil),
        Case(left: [.batch], right: [2], result: nil),
        Case(left: [.batch], right: [SymbolicLength(2, scalesWithBatch: true)], result: nil),
        Case(left: [0], right: [2], result: nil),
    ]

    @Test(arguments: cases) func broadcasting(test: Case) {
        #expect(test.left.broadcast(with: test.right) == test.result)
        #expect(test.right.broadcast(with: test.left) == test.result)
    }
}
