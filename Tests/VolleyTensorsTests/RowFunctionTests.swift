import Foundation
import Testing
import VolleyTensors

/// Softmax values are at most 1 and carry the roundings of one subtraction, exp, sum and division.
private let softmaxTolerance = 2e-6
/// Half a unit in the last place of 1: the size of one rounding.
private let rounding = 0x1p-24

@Suite struct RowFunctionTests {
    private func softmax(_ row: [Float], _ kernels: Kernels) -> [Float] {
        var output = [Float](repeating: 7, count: row.count)
        kernels.softmax(width: row.count, row, into: &output)
        return output
    }

    @Test(arguments: Kernels.available) func softmaxFollowsItsDefinition(kernels: Kernels) {
        for width in Awkward.sizes where width > 0 {
            let input = Awkward.finiteValues(2 * width, seed: UInt64(width), deviation: 5)
            var output = [Float](repeating: 7, count: input.count)
            kernels.softmax(width: width, input, into: &output)
            for row in 0..<2 {
                let values = input[row * width..<(row + 1) * width].map { Double($0) }
                let total = values.reduce(0) { $0 + exp($1) }
                for (index, value) in values.enumerated() {
                    #expect(abs(Double(output[row * width + index]) - exp(value) / total) <= softmaxTolerance)
                }
            }
        }
    }

    @Test(arguments: Kernels.available) func softmaxAtTheEdges(kernels: Kernels) {
        #expect(softmax([-3.5], kernels) == [1])
        #expect(softmax([3e38, 3e38, -3e38], kernels) == [0.5, 0.5, 0])
        #expect(softmax([-.infinity, 2, -.infinity, 2], kernels) == [0, 0.5, 0, 0.5])
        #expect(softmax([Float](repeating: -1e30, count: 32), kernels) == [Float](repeating: 1 / 32, count: 32))
        #expect(softmax([], kernels) == [])
        #expect(firstDifference(softmax([-.infinity, -.infinity], kernels), [.nan, .nan]) == nil)
    }

    @Test(arguments: Kernels.available) func softmaxOfALongMaskedRow(kernels: Kernels) {
        var row = [Float](repeating: -.infinity, count: 37)
        row[36] = 1
        row[3] = 1
        var expected = [Float](repeating: 0, count: 37)
        expected[36] = 0.5
        expected[3] = 0.5
        #expect(softmax(row, kernels) == expected)
    }

    @Test(arguments: Kernels.available, [Float(0), 1000]) func layerNormFollowsItsDefinition(kernels: Kernels, offset: Float) {
        let epsilon: Float = 1e-5
        for width in Awkward.sizes where width > 1 {
            let input = Awkward.finiteValues(3 * width, seed: UInt64(width)).map { $0 + offset }
            let gamma = Awkward.finiteValues(width, seed: 31)
            let beta = Awkward.finiteValues(width, seed: 32)
            var output = [Float](repeating: 7, count: input.count)
            kernels.layerNorm(epsilon: epsilon, gamma: gamma, beta: beta, input, into: &output)
            var worst = 0.0
            for row in 0..<3 {
                let values = input[row * width..<(row + 1) * width].map { Double($0) }
                let mean = values.reduce(0, +) / Double(width)
                let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
                let deviation = (variance + Double(epsilon)).squareRoot()
                for (index, value) in values.enumerated() {
                    let scaled = (value - mean) / deviation * Double(gamma[index])
                    let exact = scaled + Double(beta[index])
                    // The mean is rounded as often as its lanes are added up; the rest is a few roundings of the result.
                    let size = (Double(offset) + 6) / deviation * (abs(Double(gamma[index])) + 1) + abs(exact) + abs(scaled)
                    worst = max(worst, abs(Double(output[row * width + index]) - exact) / (16 * rounding * size))
                }
            }
            #expect(worst <= 1, "rows of \(width)")
        }
    }

    @Test(arguments: Kernels.available) func layerNormOfAConstantRowIsBeta(kernels: Kernels) {
        for width in Awkward.sizes where width > 0 {
            let beta = Awkward.finiteValues(width, seed: 33)
            let gamma = [Float](repeating: 2, count: width)
            var output = [Float](repeating: 7, count: width)
            kernels.layerNorm(
                epsilon: 1e-6, gamma: gamma, beta: beta, [Float](repeating: 3, count: width), into: &output)
            #expect(output == beta)
        }
    }

    @Test(arguments: Kernels.available) func layerNormOfNothing(kernels: Kernels) {
        var output: [Float] = []
        kernels.layerNorm(epsilon: 1e-6, gamma: [], beta: [], [], into: &output)
        kernels.layerNorm(epsilon: 1e-6, gamma: [1, 1], beta: [0, 0], [], into: &output)
        #expect(output.isEmpty)
    }

    @Test(arguments: Kernels.available) func sumsOfRows(kernels: Kernels) {
        for width in Awkward.sizes {
            let input = Awkward.finiteValues(3 * width, seed: UInt64(width) + 40)
            var output = [Float](repeating: 7, count: 3)
            kernels.sumRows(width: width, input, into: &output)
            for row in 0..<3 {
                let values = input[row * width..<(row + 1) * width].map { Double($0) }
                let size = values.reduce(0) { $0 + abs($1) }
                // Lanes add at most width/16 values, then four levels of a tree.
                #expect(abs(Double(output[row]) - values.reduce(0, +)) <= Double(width / 16 + 5) * rounding * size)
            }
        }
    }

    @Test(arguments: Kernels.available) func finiteAndNonzeroElements(kernels: Kernels) {
        for size in Awkward.sizes where size > 0 {
            var values = [Float](repeating: .greatestFiniteMagnitude, count: size)
            #expect(kernels.allFinite(values))
            for position in [0, size / 2, size - 1] {
                for bad in [Float.nan, .infinity, -.infinity] {
                    let good = values[position]
                    values[position] = bad
                    #expect(!kernels.allFinite(values))
                    values[position] = good
                }
            }
            values[size - 1] = -0.0
            #expect(kernels.countNonzero(values) == size - 1)
        }
        #expect(kernels.allFinite([]))
        #expect(kernels.countNonzero([]) == 0)
        #expect(kernels.countNonzero([.nan, 0, .leastNonzeroMagnitude]) == 2)
    }

    @Test(arguments: Kernels.available) func nonzeroElementsByRowAndColumn(kernels: Kernels) {
        let matrix: [Float] = [9, 9, 1, 0, 2, 0, 0, 3]
        var columns: [Int64] = [100, 10, 20, 30]
        kernels.countNonzero(of: .columns, width: 3, matrix, offset: 2, rows: 2, adding: &columns, at: 1)
        #expect(columns == [100, 11, 20, 32])
        var rows: [Int64] = [100, 10, 20]
        kernels.countNonzero(of: .rows, width: 3, matrix, offset: 2, rows: 2, adding: &rows, at: 1)
        #expect(rows == [100, 12, 21])
    }
}
