import Testing
import VolleyGraph
import VolleyTensors

@Suite struct PaddingTests {
    /// One axis of 0, 1, 2, 3, as NumPy's pad gives it.
    @Test(
        arguments: [
            (.constant, [2, 1], [7, 7, 0, 1, 2, 3, 7]),
            (.edge, [2, 1], [0, 0, 0, 1, 2, 3, 3]),
            (.reflect, [2, 1], [2, 1, 0, 1, 2, 3, 2]),
            (.reflect, [5, 0], [1, 2, 3, 2, 1, 0, 1, 2, 3]),
            (.wrap, [2, 1], [2, 3, 0, 1, 2, 3, 0]),
            (.wrap, [0, 6], [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]),
            (.constant, [-1, 2], [1, 2, 3, 7, 7]),
            (.edge, [1, -2], [0, 0, 1]),
            (.constant, [-2, -2], []),
            (.constant, [0, 0], [0, 1, 2, 3]),
            (.constant, [-6, 3], [7]),
        ] as [(Padding.Mode, [Int], [Float])])
    func alongOneAxis(mode: Padding.Mode, amount: [Int], expected: [Float]) throws {
        let y = try evaluate(.padding(Padding(mode, amounts: [amount], value: 7)), [Tensor([4], [0, 1, 2, 3])])
        #expect(y == Tensor([expected.count], expected))
    }

    @Test(arguments: Padding.Mode.allCases) func everyAxis(mode: Padding.Mode) throws {
        let x = randomTensor([2, 3, 4], seed: 60)
        let amounts = [[0, 1], [2, -1], [1, 2]]
        let y = try evaluate(.padding(Padding(mode, amounts: amounts, value: 0.5)), [x])
        #expect(y.shape == [3, 4, 7])
        let expected = Tensor.make(y.shape) { at in
            let from = at.indices.map { axis -> Int? in
                let (position, length) = (at[axis] - amounts[axis][0], x.shape[axis])
                if (0..<length).contains(position) { return position }
                return switch mode {
                case .constant: nil
                case .edge: position < 0 ? 0 : length - 1
                case .reflect: position < 0 ? -position : 2 * (length - 1) - position
                case .wrap: position < 0 ? position + length : position - length
                }
            }
            return from.contains(nil) ? 0.5 : x.broadcastElement(from.compactMap(\.self))
        }
        #expect(y == expected)
    }

    /// Nothing on the way may be larger than what comes out: here that would be 2^41 and 2^34 elements.
    @Test func whatShrinksGoesFirst() throws {
        let padded = Padding(amounts: [[1 << 30, 0], [-2048, 0]])
        #expect(try evaluate(.padding(padded), [Tensor([1, 2048])]).shape == [1 + 1 << 30, 0])
        let pooling = Pooling(.maximum, kernel: [1 << 16, 1], stride: [1, 1], padding: [[0, 0], [0, 1 << 18]])
        #expect(try evaluate(.pooling(pooling), [Tensor([1, 1, 1 << 16, 1])]).shape == [1, 1, 1, 1 + 1 << 18])
    }

    @Test func aSingleElementReflectsAsItself() throws {
        #expect(try evaluate(.padding(Padding(.reflect, amounts: [[1, 2]])), [Tensor([1], [5])]) == Tensor([4], [5, 5, 5, 5]))
    }

    @Test(arguments: [(0, 2, 3, 5), (9, -3, 4, 0), (4, -1, 5, 0), (0, 9, 2, 9), (9, -9, 2, 0), (3, 7, 1, 0), (3, -7, 1, 0), (10, -2, 0, 0)])
    func slicesWithSteps(start: Int, step: Int, length: Int, seed: Int) throws {
        let x = randomTensor([2, 10, 3], seed: UInt64(seed))
        let y = try evaluate(.slice(Slicing(axis: 1, start: start, length: length, step: step)), [x])
        #expect(y.shape == [2, length, 3])
        #expect(y == .make(y.shape) { x[$0[0], start + $0[1] * step, $0[2]] })
    }
}
