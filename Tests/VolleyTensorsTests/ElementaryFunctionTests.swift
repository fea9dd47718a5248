import Foundation
import Testing
import VolleyTensors
import VolleyTestSupport

/// The error bound that the kernels promise for exp, erf and tanh, in units in the last place of the exact result.
private let promisedUlps = 2.0
/// sigmoid adds one addition and one division to exp, each rounded once.
private let sigmoidUlps = 4.0
/// A product of x with a factor in 0…1 (or -0.2…1) made by a few roundings near 1: an absolute error in units of |x|.
private let gateTolerance = 6 * 0x1p-24

@Suite struct ElementaryFunctionTests {
    /// Every exponent and sign with many mantissas, denser between 1/1024 and 128, and the edges.
    private static let samples: [Float] = {
        var samples = stride(from: UInt64(0), to: 1 << 32, by: 16381).map { Float(bitPattern: UInt32($0)) }
        for bits in stride(from: Float(0x1p-10).bitPattern, to: Float(128).bitPattern, by: 601) {
            samples += [Float(bitPattern: bits), -Float(bitPattern: bits)]
        }
        for edge: Float in [0.625, 1, 4, 88.72283, 87.33654, 103.97208, 103.27893, 9.010913] {
            for sign: Float in [1, -1] {
                samples += [sign * edge, sign * edge.nextUp, sign * edge.nextDown]
            }
        }
        return samples + Awkward.specialValues
    }()

    private func apply(_ function: Kernels.Unary, _ input: [Float], _ kernels: Kernels) -> [Float] {
        var output = [Float](repeating: 7, count: input.count)
        kernels.apply(function, to: input, into: &output)
        return output
    }

    @Test(arguments: Kernels.available) func expErfAndTanhKeepTheirBound(kernels: Kernels) throws {
        let functions: [(Kernels.Unary, (Double) -> Double)] = [(.exp, exp), (.erf, erf), (.tanh, tanh)]
        for (function, exact) in functions {
            var worst = (error: 0.0, at: Float(0))
            for (x, y) in try paired(Self.samples, apply(function, Self.samples, kernels)) {
                let error = ulps(y, from: exact(Double(x)))
                if error > worst.error { worst = (error, x) }
            }
            #expect(worst.error <= promisedUlps, "\(function) at \(worst.at)")
        }
    }

    @Test(arguments: Kernels.available) func extremes(kernels: Kernels) {
        let input: [Float] = [.infinity, -.infinity, .nan, 89, 1000, -104, -1000, 0]
        let exponential = apply(.exp, input, kernels)
        #expect(firstDifference(exponential, [.infinity, 0, .nan, .infinity, .infinity, 0, 0, 1]) == nil)
        #expect(firstDifference(apply(.erf, input, kernels), [1, -1, .nan, 1, 1, -1, -1, 0]) == nil)
        #expect(firstDifference(apply(.tanh, input, kernels), [1, -1, .nan, 1, 1, -1, -1, 0]) == nil)
        #expect(firstDifference(apply(.sigmoid, input, kernels), [1, 0, .nan, 1, 1, 0, 0, 0.5]) == nil)
    }

    @Test(arguments: Kernels.available) func expUnderflowsThroughTheSubnormals(kernels: Kernels) throws {
        let input = stride(from: Float(-103.9), to: -87.4, by: 0.01).map { $0 }
        let output = apply(.exp, input, kernels)
        #expect(output.allSatisfy { $0 > 0 && $0.isSubnormal })
        #expect(try paired(output.dropLast(), output.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test(arguments: Kernels.available) func sigmoid(kernels: Kernels) throws {
        for (x, y) in try paired(Self.samples, apply(.sigmoid, Self.samples, kernels)) where !x.isNaN {
            let exact = 1 / (1 + exp(-Double(x)))
            let tolerance = sigmoidUlps * Double(Float(exact).ulp) + Double(Float.leastNormalMagnitude)
            guard abs(Double(y) - exact) <= tolerance else {
                Issue.record("sigmoid(\(x)) = \(y), expected \(exact)")
                return
            }
        }
    }

    @Test(arguments: Kernels.available) func gatedFunctions(kernels: Kernels) throws {
        let functions: [(Kernels.Unary, (Double) -> Double)] = [
            (.gelu, { $0 * 0.5 * (1 + erf($0 / 2.0.squareRoot())) }),
            (.geluTanh, { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }),
            (.quickGELU, { $0 / (1 + exp(-1.702 * $0)) }),
            (.silu, { $0 / (1 + exp(-$0)) }),
        ]
        let input = Self.samples.filter(\.isFinite)
        for (function, exact) in functions {
            for (x, y) in try paired(input, apply(function, input, kernels)) {
                let tolerance = gateTolerance * abs(Double(x)) + Double(Float.leastNormalMagnitude)
                guard abs(Double(y) - exact(Double(x))) <= tolerance else {
                    Issue.record("\(function)(\(x)) = \(y), expected \(exact(Double(x)))")
                    break
                }
            }
        }
    }

    @Test(arguments: Kernels.available) func reluAndSquareRootAreExact(kernels: Kernels) throws {
        for (x, y) in try paired(Self.samples, apply(.relu, Self.samples, kernels)) {
            guard x.isNaN ? y.isNaN : y == max(0, x) else {
                Issue.record("relu(\(x)) = \(y)")
                break
            }
        }
        let roots = apply(.sqrt, Self.samples, kernels)
        #expect(firstDifference(roots, Self.samples.map { $0.squareRoot() }) == nil)
    }

    @Test(arguments: Kernels.available) func arithmeticIsThatOfTheProcessor(kernels: Kernels) throws {
        let operations: [(Kernels.Binary, (Float, Float) -> Float)] = [
            (.add, { $0 + $1 }), (.subtract, { $0 - $1 }), (.multiply, { $0 * $1 }), (.divide, { $0 / $1 }),
            (.maximum, { $0 < $1 ? $1 : $0 }), (.minimum, { $1 < $0 ? $1 : $0 }),
        ]
        let a = Awkward.values(1000, seed: 21)
        let b = Awkward.values(1000, seed: 22)
        for (operation, exact) in operations {
            var output = [Float](repeating: 7, count: 1000)
            kernels.apply(operation, count: 1000, a, offset: 0, stride: 1, b, offset: 0, stride: 1, into: &output, offset: 0)
            let difference = firstDifference(output, try paired(a, b).map(exact))
            #expect(difference == nil, "\(operation)")
        }
    }
}
