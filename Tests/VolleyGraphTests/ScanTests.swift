import Testing
import VolleyGraph
import VolleyTensors

/// Operators that look at all elements along an axis.
@Suite struct ScanTests {
    private let x = randomTensor([3, 4, 5], seed: 80)

    /// The elements along an axis through a position.
    private func line(_ tensor: Tensor, _ at: [Int], axis: Int) -> [Float] {
        (0..<tensor.shape[axis]).map { step in
            var position = at
            position[axis] = step
            return tensor.broadcastElement(position)
        }
    }

    @Test(arguments: [[], [1], [0, 1], [1, 2], [2, 0], [0, 1, 2]], [true, false])
    func largestSmallestAndProduct(axes: [Int], keepsAxes: Bool) throws {
        let functions: [(Reduction.Function, (Float, Float) -> Float)] = [
            (.maximum, { max($0, $1) }), (.minimum, { min($0, $1) }), (.product, { $0 * $1 }),
        ]
        for (function, combine) in functions {
            let y = try evaluate(.reduction(Reduction(function, axes: axes, keepsAxes: keepsAxes)), [x])
            var folded: [[Int]: Float] = [:]
            for position in positions(x.shape) {
                let kept = position.indices.compactMap { axes.contains($0) ? (keepsAxes ? 0 : nil) : position[$0] }
                let value = x.broadcastElement(position)
                folded[kept] = folded[kept].map { combine($0, value) } ?? value
            }
            // Products of up to 60 factors, in another order.
            let expected = Tensor.make(y.shape) { folded[$0]! }
            #expect(y.distance(to: expected) <= (function == .product ? 1e-5 * expected.values.map(abs).max()! : 0))
        }
    }

    @Test func reductionsDoNotHideNaN() {
        for function in Reduction.Function.allCases {
            for values: [Float] in [[.nan, 1, 2], [1, .nan, 2], [1, 2, .nan]] {
                var y = Tensor([])
                Reduction(function, axes: [0]).evaluate([Tensor([3], values)], into: &y, on: .best)
                #expect(y.values[0].isNaN, "\(function)")
            }
        }
    }

    @Test(arguments: [0, 1, 2], [true, false]) func argMaximum(axis: Int, selectsLast: Bool) throws {
        // Few different values, so that many are equal.
        let x = Tensor(x.shape, x.values.map { $0.rounded() })
        for keepsAxes in [true, false] {
            let operation = ArgMaximum(axis: axis, keepsAxes: keepsAxes, selectsLast: selectsLast)
            let y = try evaluate(.argMaximum(operation), [x])
            let expected = Tensor.make(y.shape) { at in
                var position = at
                if keepsAxes { position[axis] = 0 } else { position.insert(0, at: axis) }
                let values = line(x, position, axis: axis)
                let largest = values.max()!
                return Float(selectsLast ? values.lastIndex(of: largest)! : values.firstIndex(of: largest)!)
            }
            #expect(y == expected)
        }
    }

    @Test(arguments: [0, 1, 2], [(false, false), (true, false), (false, true), (true, true)])
    func cumulativeSum(axis: Int, mode: (exclusive: Bool, reverse: Bool)) throws {
        let operation = CumulativeSum(axis: axis, exclusive: mode.exclusive, reverse: mode.reverse)
        let y = try evaluate(.cumulativeSum(operation), [x])
        let expected = Tensor.make(x.shape) { at in
            line(x, at, axis: axis).enumerated().reduce(0) { sum, next in
                let isBefore = mode.reverse ? next.offset > at[axis] : next.offset < at[axis]
                return isBefore || next.offset == at[axis] && !mode.exclusive ? sum + next.element : sum
            }
        }
        // Sums of at most 5 values of size 1, in another order.
        #expect(y.distance(to: expected) <= 1e-6)
    }

    @Test(arguments: [0, 1, -1, 3, -4, .max, .min], [true, false]) func triangle(diagonal: Int, upper: Bool) throws {
        let y = try evaluate(.triangle(Triangle(upper: upper, diagonal: diagonal)), [x])
        let expected = Tensor.make(x.shape) { at in
            let offset = at[2] - at[1]
            return (upper ? offset >= diagonal : offset <= diagonal) ? x.broadcastElement(at) : 0
        }
        #expect(y == expected)
    }

    @Test func rmsNormalization() throws {
        let gamma = randomTensor([5], seed: 81)
        let y = try evaluate(.rmsNormalization(RMSNormalization(epsilon: 0.25)), [x, gamma])
        let expected = Tensor.make(x.shape) { at in
            let squares = line(x, at, axis: 2).reduce(0.0) { $0 + Double($1) * Double($1) }
            return Float(Double(x.broadcastElement(at)) / (squares / 5 + 0.25).squareRoot() * Double(gamma[at[2]]))
        }
        // A few roundings of values of size 1.
        #expect(y.distance(to: expected) <= 1e-6)
        let nothing = try evaluate(.rmsNormalization(RMSNormalization(epsilon: 1)), [Tensor([3, 0], []), Tensor([0], [])])
        #expect(nothing == Tensor([3, 0], []))
    }
}
