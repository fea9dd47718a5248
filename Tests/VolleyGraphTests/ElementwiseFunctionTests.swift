import Foundation
import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

/// Functions of moderate arguments computed in single precision, held against double precision: relative error.
private let tolerance: Float = 2e-6

/// The functions that no kernel computes, against their definitions in double precision.
@Suite struct ElementwiseFunctionTests {
    private static let special: [Float] = [-.infinity, -3.5, -2, -0.5, 0, 0.5, 1.5, 2, 2.5, 30, 200, .infinity, .nan]

    private func isSame(_ found: Float, _ expected: Double) -> Bool {
        if expected.isNaN || found.isNaN { return expected.isNaN && found.isNaN }
        let rounded = Float(expected)
        return found == rounded || abs(found - rounded) <= tolerance * max(1, abs(rounded))
    }

    /// The operator itself, as the evaluator would refuse NaN and infinity as inputs.
    private func apply(_ operation: any GraphOperation, _ inputs: [Tensor], _ shape: Shape) -> Tensor {
        var output = Tensor(shape, repeating: 99)
        operation.evaluate(inputs, into: &output, on: .best)
        return output
    }

    private static func exact(_ function: UnaryFunction) -> ((Double) -> Double)? {
        func softplus(_ x: Double) -> Double { x > 40 ? x : log(1 + exp(x)) }
        return switch function {
        case .exp, .erf, .tanh, .sigmoid, .relu, .gelu, .geluTanh, .quickGELU, .silu, .sqrt, .relu6, .hardSwish: nil
        case .negate: { -$0 }
        case .absolute: { abs($0) }
        case .log: { $0 < 0 ? .nan : log($0) }
        case .reciprocal: { 1 / $0 }
        case .floor: { floor($0) }
        case .ceil: { ceil($0) }
        case .round: { rint($0) }
        case .truncate: { trunc($0) }
        case .sign: { $0.isNaN ? .nan : $0 == 0 ? 0 : $0 / abs($0) == 1 || $0 == .infinity ? 1 : -1 }
        case .sin: { sin($0) }
        case .cos: { cos($0) }
        case .not: { $0 == 0 ? 1 : 0 }
        case .softplus: softplus
        case .mish: { $0 * tanh(softplus($0)) }
        case .isNaN: { $0.isNaN ? 1 : 0 }
        }
    }

    @Test(arguments: UnaryFunction.allCases) func unary(function: UnaryFunction) throws {
        #expect((function.kernel == nil) == (Self.exact(function) != nil))
        guard let exact = Self.exact(function) else { return }
        let x = Tensor([Self.special.count], Self.special)
        let y = apply(Activation(function), [x], x.shape)
        for (x, y) in try paired(x.values, y.values) { #expect(isSame(y, exact(Double(x))), "\(function)(\(x)) = \(y)") }
    }

    private static func exact(_ function: BinaryFunction) -> ((Double, Double) -> Double)? {
        switch function {
        case .add, .subtract, .multiply, .divide, .maximum, .minimum: nil
        case .power: { pow($0, $1) }
        case .modulo: { $1 == 0 ? .nan : $0 - $1 * floor($0 / $1) }
        case .remainder: { fmod($0, $1) }
        case .equal: { $0 == $1 ? 1 : 0 }
        case .notEqual: { $0 == $1 ? 0 : 1 }
        case .less: { $0 < $1 ? 1 : 0 }
        case .lessOrEqual: { $0 <= $1 ? 1 : 0 }
        case .greater: { $0 > $1 ? 1 : 0 }
        case .greaterOrEqual: { $0 >= $1 ? 1 : 0 }
        case .and: { $0 != 0 && $1 != 0 ? 1 : 0 }
        case .or: { $0 != 0 || $1 != 0 ? 1 : 0 }
        case .xor: { ($0 == 0) == ($1 == 0) ? 0 : 1 }
        }
    }

    @Test(arguments: BinaryFunction.allCases) func binary(function: BinaryFunction) throws {
        #expect((function.kernel == nil) == (Self.exact(function) != nil))
        guard let exact = Self.exact(function) else { return }
        // The remainders of infinity are another matter, left to the system's library.
        let finite = Self.special.filter(\.isFinite)
        let values = [.modulo, .remainder].contains(function) ? finite : Self.special
        let (a, b) = (Tensor([values.count, 1], values), Tensor([values.count], values))
        let y = apply(Elementwise(function), [a, b], [values.count, values.count])
        for (row, a) in values.enumerated() {
            for (column, b) in values.enumerated() {
                let found = y[row, column]
                #expect(isSame(found, exact(Double(a), Double(b))), "\(function)(\(a), \(b)) = \(found)")
            }
        }
    }

    @Test(arguments: [([4, 1, 3], [5, 1]), ([2, 3], []), ([], []), ([0, 3], [3]), ([2, 3, 1, 1], [2, 3, 4, 5])] as [([Int], [Int])])
    func plainFunctionsBroadcast(left: [Int], right: [Int]) throws {
        let (a, b) = (randomTensor(Shape(left), seed: 40), randomTensor(Shape(right), seed: 41))
        let y = try evaluate(.elementwise(Elementwise(.less)), [a, b])
        #expect(y == .make(y.shape) { a.broadcastElement($0) < b.broadcastElement($0) ? 1 : 0 })
    }

    private static func exact(_ function: ParametricActivation.Function) -> (parameters: [Float], (Double) -> Double) {
        switch function {
        case .leakyRelu: ([0.125], { $0 < 0 ? 0.125 * $0 : $0 })
        case .elu: ([0.75], { $0 < 0 ? 0.75 * (exp($0) - 1) : $0 })
        case .celu: ([1.25], { Swift.max(0, $0) + Swift.min(0, 1.25 * (exp($0 / 1.25) - 1)) })
        case .selu: ([1.5, 1.25], { 1.25 * ($0 < 0 ? 1.5 * (exp($0) - 1) : $0) })
        case .hardSigmoid: ([0.25, 0.5], { Swift.min(1, Swift.max(0, 0.25 * $0 + 0.5)) })
        case .clip: ([-1, 2.25], { Swift.min(2.25, Swift.max(-1, $0)) })
        case .thresholdedRelu: ([0.5], { $0 > 0.5 ? $0 : 0 })
        case .shrink: ([1, 0.25], { $0 < -1 ? $0 + 0.25 : $0 > 1 ? $0 - 0.25 : 0 })
        case .swish: ([1.5], { $0 / (1 + exp(-1.5 * $0)) })
        case .piecewiseLinear:
            ([-0.5, -1, 2, 1, 0, 3, 0.5, 2], { $0 < -1 ? 2 - 0.5 * ($0 + 1) : $0 < 1 ? 1 - $0 : $0 < 3 ? 0.25 * ($0 - 1) : 0.5 + 2 * ($0 - 3) })
        }
    }

    @Test(arguments: ParametricActivation.Function.allCases) func parametric(function: ParametricActivation.Function) throws {
        let values = Self.special.filter(\.isFinite)
        let (parameters, exact) = Self.exact(function)
        let operation = ParametricActivation(function, parameters: parameters)
        let y = try evaluate(.parametricActivation(operation), [Tensor([values.count], values)])
        for (x, y) in try paired(values, y.values) { #expect(isSame(y, exact(Double(x))), "\(function)(\(x)) = \(y)") }
        #expect(apply(operation, [Tensor(scalar: .nan)], []).values[0].isNaN)
    }
}
