import Testing
import VolleyTensors

@Suite struct TensorTests {
    private let counting = Tensor([2, 3, 4], (0..<24).map(Float.init))

    @Test func subscriptsAreRowMajor() {
        var tensor = counting
        #expect(tensor[0, 0, 0] == 0)
        #expect(tensor[1, 2, 3] == 23)
        #expect(tensor[1, 0, 2] == 14)
        tensor[0, 1, 1] = -1
        #expect(tensor.values[5] == -1)
        #expect(Tensor(scalar: 5)[] == 5)
    }

    @Test func rowsAreSlicesOfTheFirstAxis() {
        #expect(counting.rows(1..<2) == Tensor([1, 3, 4], (12..<24).map(Float.init)))
        #expect(counting.rows(0..<2) == counting)
        #expect(counting.rows(1..<1) == Tensor([0, 3, 4], []))
    }

    @Test func concatenatingRowsUndoesCutting() {
        #expect(Tensor.concatenatingRows([counting.rows(0..<1), counting.rows(1..<2)]) == counting)
        #expect(Tensor.concatenatingRows([counting]) == counting)
        #expect(Tensor.concatenatingRows([counting, counting.rows(0..<1)]).shape == [3, 3, 4])
    }

    @Test func stackingAddsAnAxis() {
        let stacked = Tensor.stacking([Tensor([2], [1, 2]), Tensor([2], [3, 4]), Tensor([2], [5, 6])])
        #expect(stacked == Tensor([3, 2], [1, 2, 3, 4, 5, 6]))
        #expect(Tensor.stacking([Tensor(scalar: 8)]) == Tensor([1], [8]))
    }

    @Test func reshapingKeepsTheElements() {
        #expect(counting.reshaped(to: [4, 6])[3, 5] == 23)
        #expect(counting.reshaped(to: [4, 6]).values == counting.values)
    }

    @Test func argmaxTakesTheFirstOfEqualValues() {
        let tensor = Tensor([4, 3], [1, 3, 3, -2, -1, -3, 5, 5, 5, 0, 0, 1])
        #expect(tensor.argmaxOfRows() == [1, 1, 0, 2])
        #expect(Tensor([0, 3]).argmaxOfRows() == [])
    }

    @Test func brokenContractsTrap() async {
        await #expect(processExitsWith: .failure) { _ = Tensor([2, 2], [1, 2, 3]) }
        await #expect(processExitsWith: .failure) { _ = Tensor([2, 2])[0, 2] }
        await #expect(processExitsWith: .failure) { _ = Shape([2, -1]) }
    }
}

@Suite struct StridedFillTests {
    private let source = (0..<24).map(Float.init)

    /// Element by element from the definition.
    private func expected(_ shape: Shape, offset: Int, strides: [Int]) -> [Float] {
        (0..<shape.count).map { position in
            var rest = position
            var index = offset
            for axis in (0..<shape.rank).reversed() {
                index += rest % shape[axis] * strides[axis]
                rest /= shape[axis]
            }
            return source[index]
        }
    }

    @Test(
        arguments: [
            ([4, 3, 2], 0, [1, 4, 12]),  // transposing [2, 3, 4]
            ([3, 2, 4], 0, [4, 12, 1]),  // its first two axes only
            ([2, 3, 2], 1, [12, 4, 1]),  // slicing the last axis
            ([2, 2, 4], 4, [12, 4, 1]),  // slicing the middle axis
            ([5, 2, 4], 0, [0, 12, 1]),  // repeating
            ([2, 5], 3, [12, 0]),  // repeating along the last axis
            ([24], 23, [-1]),  // reversing
            ([3, 4], 20, [-8, 1]),
            ([1, 1, 1, 1, 1, 1, 2, 3], 0, [0, 0, 0, 0, 0, 0, 3, 1]),  // the largest rank
            ([], 7, []),
            ([3, 0, 2], 0, [1, 1, 1]),
        ] as [([Int], Int, [Int])])
    func followsItsDefinition(lengths: [Int], offset: Int, strides: [Int]) {
        var tensor = Tensor(Shape(lengths), repeating: -7)
        tensor.fill(from: source, offset: offset, strides: strides)
        #expect(tensor.values == expected(Shape(lengths), offset: offset, strides: strides))
    }

    @Test func aViewOutsideItsSourceTraps() async {
        await #expect(processExitsWith: .failure) {
            var tensor = Tensor([2, 3])
            tensor.fill(from: [1, 2, 3, 4, 5], offset: 0, strides: [3, 1])
        }
        await #expect(processExitsWith: .failure) {
            var tensor = Tensor([2])
            tensor.fill(from: [1, 2], offset: 0, strides: [-1])
        }
    }
}
