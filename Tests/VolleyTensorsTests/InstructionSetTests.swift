import Testing
import VolleyTensors
import VolleyTestSupport

/// Every instruction set gives the bits of the scalar kernels.
@Suite struct InstructionSetTests {
    let scalar = Kernels.available[0]

    @Test func theScalarKernelsComeFirstAndTheBestLast() {
        let names = Kernels.available.map(\.name)
        #expect(names.first == "scalar")
        #expect(names.last == Kernels.best.name)
        #expect(Set(names).count == names.count)
        #if arch(arm64)
        #expect(names == ["scalar", "NEON"])
        #endif
    }

    @Test(arguments: Awkward.vectorKernels) func functionsOfOneValue(kernels: Kernels) {
        for function in Kernels.Unary.allCases {
            for size in Awkward.sizes {
                let input = Awkward.values(size, seed: UInt64(size))
                var expected = [Float](repeating: 7, count: size)
                var found = expected
                scalar.apply(function, to: input, into: &expected)
                kernels.apply(function, to: input, into: &found)
                let difference = firstDifference(found, expected)
                #expect(difference == nil, "\(kernels.name) \(function) of \(size)")
            }
        }
    }

    @Test(arguments: Awkward.vectorKernels) func functionsOfOneValueOverTheWholeNumberRange(kernels: Kernels) {
        // Every exponent and sign with many mantissas; a prime stride.
        let input = stride(from: UInt64(0), to: 1 << 32, by: 8191).map { Float(bitPattern: UInt32($0)) }
        var expected = [Float](repeating: 0, count: input.count)
        var found = expected
        for function in Kernels.Unary.allCases {
            scalar.apply(function, to: input, into: &expected)
            kernels.apply(function, to: input, into: &found)
            let difference = firstDifference(found, expected)
            #expect(difference == nil, "\(kernels.name) \(function)")
        }
    }

    @Test(arguments: Awkward.vectorKernels) func poolings(kernels: Kernels) {
        let windows = [PoolWindow(first: 0, taps: 2, divisor: 3), .init(first: 1, taps: 3, divisor: 3), .init(first: 4, taps: 0, divisor: 1)]
        for inner in Awkward.sizes where inner > 0 {
            let input = Awkward.values(2 * 6 * inner, seed: UInt64(inner))
            for isMean in [false, true] {
                var expected = [Float](repeating: 7, count: 2 * windows.count * inner)
                var found = expected
                for (set, isScalar) in [(scalar, true), (kernels, false)] {
                    var result = expected
                    set.pool(mean: isMean, input, outer: 2, length: 6, inner: inner, windows: windows, dilation: 2, into: &result)
                    if isScalar { expected = result } else { found = result }
                }
                let difference = firstDifference(found, expected)
                #expect(difference == nil, "\(kernels.name), \(inner) side by side")
            }
        }
    }

    @Test(arguments: Awkward.vectorKernels) func functionsOfTwoValues(kernels: Kernels) {
        for function in Kernels.Binary.allCases {
            for size in Awkward.sizes {
                let a = Awkward.values(size + 3, seed: UInt64(size) + 100)
                let b = Awkward.values(size + 5, seed: UInt64(size) + 200)
                for (aStride, bStride) in [(1, 1), (0, 1), (1, 0), (0, 0)] {
                    var expected = [Float](repeating: 7, count: size + 2)
                    var found = expected
                    func run(_ kernels: Kernels, into output: inout [Float]) {
                        kernels.apply(
                            function, count: size, a, offset: 2, stride: aStride, b, offset: 4, stride: bStride,
                            into: &output, offset: 1)
                    }
                    run(scalar, into: &expected)
                    run(kernels, into: &found)
                    let difference = firstDifference(found, expected)
                    #expect(difference == nil, "\(kernels.name) \(function) of \(size), strides \(aStride), \(bStride)")
                    #expect(found.first == 7 && found.last == 7, "written outside its place")
                }
            }
        }
    }

    @Test(arguments: Awkward.vectorKernels) func rowFunctions(kernels: Kernels) throws {
        for width in Awkward.sizes where width > 0 {
            for rows in [0, 1, 3] {
                for input in [
                    Awkward.values(rows * width, seed: UInt64(width)),
                    Awkward.finiteValues(rows * width, seed: UInt64(width), deviation: 30),
                ] {
                    let gamma = Awkward.finiteValues(width, seed: 1)
                    let beta = Awkward.finiteValues(width, seed: 2)
                    func results(_ kernels: Kernels) -> [[Float]] {
                        var softmax = [Float](repeating: 7, count: input.count)
                        var normalized = softmax
                        var sums = [Float](repeating: 7, count: rows)
                        kernels.softmax(width: width, input, into: &softmax)
                        kernels.layerNorm(epsilon: 1e-5, gamma: gamma, beta: beta, input, into: &normalized)
                        kernels.sumRows(width: width, input, into: &sums)
                        return [softmax, normalized, sums]
                    }
                    for (found, expected) in try paired(results(kernels), results(scalar)) {
                        let difference = firstDifference(found, expected)
                        #expect(difference == nil, "\(kernels.name), \(rows) rows of \(width)")
                    }
                }
            }
        }
    }

    @Test(arguments: Awkward.vectorKernels, [0, 1, 3, 64, 65]) func products(kernels: Kernels, inner: Int) {
        for columns in [1, 5, 16, 17, 32, 33, 48, 50] {
            let b = PackedMatrix(
                rows: inner, columns: columns, values: Awkward.finiteValues(inner * columns, seed: UInt64(columns)),
                rowStride: columns, columnStride: 1)
            let bias = Awkward.finiteValues(columns, seed: 3)
            for rows in 1...14 {
                let a = Awkward.finiteValues(rows * inner, seed: UInt64(rows))
                for bias in [nil, bias] {
                    var expected = [Float](repeating: 7, count: rows * columns)
                    var found = expected
                    scalar.multiply(a, rows: rows, by: b, bias: bias, into: &expected)
                    kernels.multiply(a, rows: rows, by: b, bias: bias, into: &found)
                    let difference = firstDifference(found, expected)
                    #expect(difference == nil, "\(kernels.name): \(rows) × \(inner) × \(columns)")
                }
            }
        }
    }

    @Test(arguments: Awkward.vectorKernels) func productsOfSpecialValues(kernels: Kernels) {
        let (rows, inner, columns) = (13, 7, 37)
        let a = Awkward.values(rows * inner, seed: 11)
        let b = PackedMatrix(
            rows: inner, columns: columns, values: Awkward.values(inner * columns, seed: 12), rowStride: columns,
            columnStride: 1)
        var expected = [Float](repeating: 7, count: rows * columns)
        var found = expected
        scalar.multiply(a, rows: rows, by: b, into: &expected)
        kernels.multiply(a, rows: rows, by: b, into: &found)
        let difference = firstDifference(found, expected)
        #expect(difference == nil)
        #expect(expected.contains { $0.isNaN } && expected.contains { $0.isFinite })
    }

    @Test(arguments: Awkward.vectorKernels) func countsAndChecks(kernels: Kernels) {
        for width in Awkward.sizes {
            let input = Awkward.values(3 * width, seed: UInt64(width) + 1)
            #expect(kernels.countNonzero(input) == scalar.countNonzero(input))
            #expect(kernels.allFinite(input) == scalar.allFinite(input))
            for axis in [Kernels.MatrixAxis.rows, .columns] {
                var expected = [Int64](repeating: 5, count: max(width, 3))
                var found = expected
                scalar.countNonzero(of: axis, width: width, input, offset: 0, rows: 3, adding: &expected, at: 0)
                kernels.countNonzero(of: axis, width: width, input, offset: 0, rows: 3, adding: &found, at: 0)
                #expect(found == expected)
            }
        }
    }
}
