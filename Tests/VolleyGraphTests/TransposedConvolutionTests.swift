import Testing
import VolleyGraph
import VolleyTensors

/// Sums of at most 100 products of standard normal values: 100 roundings of a value below 100.
private let tolerance: Float = 1e-4

@Suite struct TransposedConvolutionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var input: Shape
        var weight: Shape
        var convolution: TransposedConvolution
        var testDescription: String { "\(weight) on \(input), \(convolution)" }
    }

    private static let cases = [
        Case(input: [2, 3, 4, 5], weight: [3, 5, 4, 4], convolution: TransposedConvolution(stride: [4, 4])),
        Case(input: [1, 1, 1, 1], weight: [1, 1, 1, 1], convolution: TransposedConvolution(stride: [1, 1])),
        Case(
            input: [2, 3, 4, 5], weight: [3, 17, 3, 2],
            convolution: TransposedConvolution(stride: [2, 1], crop: [[1, 0], [0, 1]])),
        Case(
            input: [1, 4, 3, 4], weight: [4, 3, 3, 3],
            convolution: TransposedConvolution(stride: [2, 3], dilation: [3, 2], crop: [[2, 1], [1, 3]], groups: 2)),
        // Rows and columns that no pixel reaches hold the bias.
        Case(
            input: [2, 4, 3, 2], weight: [4, 1, 2, 2],
            convolution: TransposedConvolution(stride: [3, 1], crop: [[-2, -1], [0, -3]], groups: 4)),
        // So much is cut off that some pixels reach nothing.
        Case(
            input: [1, 2, 4, 4], weight: [2, 2, 2, 2],
            convolution: TransposedConvolution(stride: [2, 2], crop: [[3, 4], [1, 5]])),
        Case(input: [2, 2, 1, 4], weight: [2, 3, 2, 2], convolution: TransposedConvolution(stride: [1, 1])),
    ]

    /// Calls `body` for every tap of every pixel that falls into the result.
    private func forEachTap(_ test: Case, _ output: Shape, _ body: (_ y: [Int], _ w: [Int], _ x: [Int]) -> Void) {
        let (convolution, weight) = (test.convolution, test.weight)
        for x in positions(test.input) {
            let group = x[1] / (weight[0] / convolution.groups)
            for w in positions([weight[1], weight[2], weight[3]]) {
                let row = x[2] * convolution.stride[0] + w[1] * convolution.dilation[0] - convolution.crop[0][0]
                let column = x[3] * convolution.stride[1] + w[2] * convolution.dilation[1] - convolution.crop[1][0]
                guard (0..<output[2]).contains(row), (0..<output[3]).contains(column) else { continue }
                body([x[0], group * weight[1] + w[0], row, column], [x[1], w[0], w[1], w[2]], x)
            }
        }
    }

    @Test(arguments: cases, [true, false]) func followsItsDefinition(test: Case, hasBias: Bool) throws {
        let (x, weight) = (randomTensor(test.input, seed: 1), randomTensor(test.weight, seed: 2))
        let channels = test.weight[1] * test.convolution.groups
        let bias = randomTensor([channels], seed: 3)
        let y = try evaluate(.transposedConvolution(test.convolution), [x, weight] + (hasBias ? [bias] : []))
        var expected = Tensor.make(y.shape) { hasBias ? bias.values[$0[1]] : 0 }
        let strides = y.shape.strides
        forEachTap(test, y.shape) { at, w, pixel in
            let index = zip(at, strides).reduce(0) { $0 + $1.0 * $1.1 }
            expected.values[index] += weight[w[0], w[1], w[2], w[3]] * x[pixel[0], pixel[1], pixel[2], pixel[3]]
        }
        #expect(y.shape[1] == channels)
        #expect(y.distance(to: expected) <= tolerance)
    }

    @Test(arguments: cases) func countsEveryTapOfEveryPixel(test: Case) throws {
        let shape = try test.convolution.outputShape([SymbolicShape(test.input), SymbolicShape(test.weight)]).resolved(batch: 1)
        var reached = [Int](repeating: 0, count: test.input[2] * test.input[3])
        var total = 0
        forEachTap(test, shape) { _, _, x in
            total += 1
            if x[0] == 0, x[1] == 0 { reached[x[2] * test.input[3] + x[3]] += 1 }
        }
        let macs = test.convolution.multiplyAccumulates(inputs: [test.input, test.weight], output: shape)
        #expect(macs == total)
        #expect(test.convolution.fanOut(input: test.input, weight: test.weight) == reached)
    }

    /// What convolution takes from an output to its pixels, this takes from the pixels to the output: ⟨y, conv(x)⟩ = ⟨convᵀ(y), x⟩.
    @Test func isTheTransposeOfAConvolution() throws {
        let convolution = Convolution(stride: [2, 1], dilation: [1, 2], padding: [[1, 2], [0, 1]], groups: 2)
        let (x, weight) = (randomTensor([1, 4, 7, 6], seed: 4), randomTensor([6, 2, 3, 2], seed: 5))
        let forward = try evaluate(.convolution(convolution), [x, weight])
        let y = randomTensor(forward.shape, seed: 6)
        // (7 + 3 − 3) is no multiple of 2: one row of the padded image is not reached.
        let transposed = TransposedConvolution(stride: [2, 1], dilation: [1, 2], crop: [[1, 1], [0, 1]], groups: 2)
        let backward = try evaluate(.transposedConvolution(transposed), [y, weight])
        #expect(backward.shape == x.shape)
        let left = zip(y.values, forward.values).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        let right = zip(backward.values, x.values).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        #expect(abs(left - right) <= 10 * tolerance)
    }
}
