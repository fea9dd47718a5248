import Foundation
import Testing
import VolleyGraph
import VolleyTensors

/// Sums of at most 70 products of standard normal values.
private let sumTolerance: Float = 1e-4
/// Values of size 1 that carry a few roundings.
private let tolerance: Float = 2e-6

@Suite struct ArithmeticOperatorTests {
    @Test(
        arguments: [
            ([2, 3], [3, 4]), ([1, 1], [1, 1]), ([5, 2, 3], [5, 3, 4]), ([5, 2, 3], [3, 4]), ([2, 3], [5, 3, 4]),
            ([2, 1, 4, 7], [3, 7, 17]), ([4, 1, 2, 65], [1, 3, 65, 2]), ([2, 0], [0, 3]), ([0, 2, 3], [0, 3, 1]),
        ] as [([Int], [Int])])
    func matrixProduct(left: [Int], right: [Int]) throws {
        let a = randomTensor(Shape(left), seed: 1)
        let b = randomTensor(Shape(right), seed: 2)
        let product = try evaluate(.matrixProduct(MatrixProduct()), [a, b])
        let expected = Tensor.make(product.shape) { position in
            let (row, column) = (position[position.count - 2], position[position.count - 1])
            return (0..<left[left.count - 1]).reduce(0) { sum, inner in
                sum + a.broadcastElement(position.dropLast(2) + [row, inner])
                    * b.broadcastElement(position.dropLast(2) + [inner, column])
            }
        }
        #expect(product.distance(to: expected) <= sumTolerance)
        #expect(product.shape.dimensions.suffix(2) == [left[left.count - 2], right[right.count - 1]])
    }

    @Test(arguments: [[3], [2, 3], [2, 4, 3], [0, 3]]) func linear(lengths: [Int]) throws {
        let x = randomTensor(Shape(lengths), seed: 3)
        let weight = randomTensor([5, 3], seed: 4)
        let bias = randomTensor([5], seed: 5)
        for inputs in [[x, weight], [x, weight, bias]] {
            let y = try evaluate(.linear(Linear()), inputs)
            #expect(y.shape == Shape(lengths.dropLast() + [5]))
            let expected = Tensor.make(y.shape) { position in
                let o = position[position.count - 1]
                return (0..<3).reduce(inputs.count == 3 ? bias[o] : 0) {
                    $0 + weight[o, $1] * x.broadcastElement(position.dropLast() + [$1])
                }
            }
            #expect(y.distance(to: expected) <= sumTolerance)
        }
    }

    @Test(
        arguments: [
            ([2, 3], [2, 3]), ([2, 3], []), ([], [2, 3]), ([], []), ([4, 1, 3], [5, 1]), ([3, 1], [1, 4]), ([3, 1], [3, 4]),
            ([2, 1, 3, 1], [1, 4, 1, 5]), ([7, 1, 1], [7, 2, 3]), ([2, 3, 1, 1], [2, 3, 4, 5]), ([6, 5, 4], [4]),
            ([6, 5, 4], [6, 1, 4]), ([6, 5, 4], [6, 5, 1]), ([1, 5, 4], [6, 1, 1]), ([33], [1]), ([1], [17]), ([0, 3], [3]),
            ([2, 0], [1, 1]), ([1, 2, 1, 2, 1, 2, 1, 2], [2, 1, 2, 1, 2, 1, 2, 1]),
        ] as [([Int], [Int])])
    func elementwise(left: [Int], right: [Int]) throws {
        let a = randomTensor(Shape(left), seed: 6)
        let b = randomTensor(Shape(right), seed: 7)
        let functions: [(BinaryFunction, (Float, Float) -> Float)] = [
            (.add, { $0 + $1 }), (.subtract, { $0 - $1 }), (.multiply, { $0 * $1 }), (.divide, { $0 / $1 }),
            (.maximum, { max($0, $1) }), (.minimum, { min($0, $1) }),
        ]
        for (function, exact) in functions {
            let result = try evaluate(.elementwise(Elementwise(function)), [a, b])
            #expect(result == .make(result.shape) { exact(a.broadcastElement($0), b.broadcastElement($0)) }, "\(function)")
            #expect(result.shape.rank == max(left.count, right.count))
        }
    }

    @Test(arguments: [[], [0], [1], [2], [0, 1], [1, 2], [0, 2], [2, 0], [0, 1, 2]], [true, false])
    func reduction(axes: [Int], keepsAxes: Bool) throws {
        let x = randomTensor([3, 4, 17], seed: 8)
        for function in [Reduction.Function.mean, .sum] {
            let result = try evaluate(.reduction(Reduction(function, axes: axes, keepsAxes: keepsAxes)), [x])
            var sums: [[Int]: Double] = [:]
            for position in positions(x.shape) {
                let kept = position.indices.compactMap { axis in
                    axes.contains(axis) ? (keepsAxes ? 0 : nil) : position[axis]
                }
                sums[kept, default: 0] += Double(x.broadcastElement(position))
            }
            let count = axes.reduce(1.0) { $0 * Double(x.shape[$1]) }
            let expected = Tensor.make(result.shape) { Float(function == .mean ? sums[$0]! / count : sums[$0]!) }
            // Sums of up to 204 values of size 1.
            #expect(result.distance(to: expected) <= 1e-4)
            #expect(result.shape.rank == (keepsAxes ? 3 : 3 - axes.count))
        }
    }

    @Test func softmaxWorksOnTheLastAxis() throws {
        let x = randomTensor([2, 3, 21], seed: 9)
        let y = try evaluate(.softmax(Softmax()), [x])
        let expected = Tensor.make(x.shape) { at in
            let total = (0..<21).reduce(0.0) { $0 + exp(Double(x[at[0], at[1], $1])) }
            return Float(exp(Double(x[at[0], at[1], at[2]])) / total)
        }
        #expect(y.distance(to: expected) <= tolerance)
        #expect(try evaluate(.softmax(Softmax()), [Tensor([3, 0], [])]) == Tensor([3, 0], []))
    }

    @Test func layerNormalizationWorksOnTheLastAxis() throws {
        let x = randomTensor([2, 3, 21], seed: 10)
        let (gamma, beta) = (randomTensor([21], seed: 11), randomTensor([21], seed: 12))
        let y = try evaluate(.layerNormalization(LayerNormalization(epsilon: 0.1)), [x, gamma, beta])
        let expected = Tensor.make(x.shape) { at in
            let row = (0..<21).map { Double(x[at[0], at[1], $0]) }
            let mean = row.reduce(0, +) / 21
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 21
            // ε is 0.1 as a float.
            let scaled = (row[at[2]] - mean) / (variance + Double(Float(0.1))).squareRoot()
            return Float(scaled * Double(gamma[at[2]]) + Double(beta[at[2]]))
        }
        #expect(y.distance(to: expected) <= 2 * tolerance)
        let empty = Tensor([0], [])
        let nothing = try evaluate(
            .layerNormalization(LayerNormalization(epsilon: 1)), [Tensor([3, 0], []), empty, empty])
        #expect(nothing == Tensor([3, 0], []))
    }

    @Test(arguments: Kernels.Unary.allCases) func activationsApplyTheirFunction(function: Kernels.Unary) throws {
        let x = Tensor([2, 3], [0.25, 0.5, 1, 1.5, 2, 3])
        let exact: (Double) -> Double =
            switch function {
            case .exp: { exp($0) }
            case .erf: { erf($0) }
            case .tanh: { tanh($0) }
            case .sigmoid: { 1 / (1 + exp(-$0)) }
            case .relu: { max(0, $0) }
            case .gelu: { $0 / 2 * (1 + erf($0 / 2.squareRoot())) }
            case .geluTanh: { $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
            case .quickGELU: { $0 / (1 + exp(-1.702 * $0)) }
            case .silu: { $0 / (1 + exp(-$0)) }
            case .sqrt: { $0.squareRoot() }
            case .relu6: { min(6, max(0, $0)) }
            case .hardSwish: { $0 * min(1, max(0, $0 / 6 + 0.5)) }
            }
        let y = try evaluate(.activation(Activation(UnaryFunction(function))), [x])
        // exp(3) = 20 is the largest result.
        #expect(y.distance(to: Tensor(x.shape, x.values.map { Float(exact(Double($0))) })) <= 2 * tolerance)
    }
}
