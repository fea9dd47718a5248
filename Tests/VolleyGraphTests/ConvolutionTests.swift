import Testing
import VolleyGraph
import VolleyTensors

/// Sums of at most 100 products of standard normal values: 100 roundings of a value below 100.
private let tolerance: Float = 1e-4

@Suite struct ConvolutionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var input: Shape
        var weight: Shape
        var convolution: Convolution
        var testDescription: String { "\(weight) on \(input), \(convolution)" }
    }

    private static let cases = [
        Case(input: [2, 3, 8, 8], weight: [5, 3, 4, 4], convolution: Convolution(stride: [4, 4])),
        Case(input: [1, 1, 5, 7], weight: [1, 1, 1, 1], convolution: Convolution(stride: [1, 1])),
        Case(
            input: [2, 2, 7, 5], weight: [17, 2, 3, 2],
            convolution: Convolution(stride: [2, 1], padding: [[1, 2], [0, 3]])),
        Case(
            input: [1, 2, 9, 8], weight: [3, 2, 3, 2],
            convolution: Convolution(stride: [1, 2], dilation: [3, 2], padding: [[2, 0], [1, 1]])),
        Case(
            input: [3, 6, 4, 5], weight: [4, 3, 3, 3],
            convolution: Convolution(stride: [1, 1], padding: [[1, 1], [1, 1]], groups: 2)),
        Case(
            input: [2, 4, 6, 6], weight: [8, 1, 3, 3],
            convolution: Convolution(stride: [2, 2], dilation: [2, 1], padding: [[2, 2], [1, 1]], groups: 4)),
        // The kernel sees nothing but padding at some places, and the last rows of the image not at all.
        Case(
            input: [1, 1, 3, 3], weight: [2, 1, 2, 2],
            convolution: Convolution(stride: [3, 4], padding: [[4, 0], [4, 4]])),
        Case(input: [0, 2, 4, 4], weight: [3, 2, 2, 2], convolution: Convolution(stride: [1, 1])),
    ]

    /// Calls `body` for every tap of every output that lies inside the image.
    private func forEachTap(_ test: Case, _ output: Shape, _ body: (_ y: [Int], _ w: [Int], _ x: [Int]) -> Void) {
        let (convolution, weight) = (test.convolution, test.weight)
        for y in positions(output) {
            let group = y[1] / (weight[0] / convolution.groups)
            for c in 0..<weight[1] {
                for u in 0..<weight[2] {
                    for v in 0..<weight[3] {
                        let row = y[2] * convolution.stride[0] + u * convolution.dilation[0] - convolution.padding[0][0]
                        let column = y[3] * convolution.stride[1] + v * convolution.dilation[1] - convolution.padding[1][0]
                        guard (0..<test.input[2]).contains(row), (0..<test.input[3]).contains(column) else { continue }
                        body(y, [y[1], c, u, v], [y[0], group * weight[1] + c, row, column])
                    }
                }
            }
        }
    }

    @Test(arguments: cases, [true, false]) func followsItsDefinition(test: Case, hasBias: Bool) throws {
        let x = randomTensor(test.input, seed: 1)
        let weight = randomTensor(test.weight, seed: 2)
        let bias = randomTensor([test.weight[0]], seed: 3)
        let y = try evaluate(.convolution(test.convolution), [x, weight] + (hasBias ? [bias] : []))
        var sums = [[Int]: Float](uniqueKeysWithValues: positions(y.shape).map { ($0, hasBias ? bias[$0[1]] : 0) })
        forEachTap(test, y.shape) { at, tap, from in
            sums[at]! += weight.broadcastElement(tap) * x[from[0], from[1], from[2], from[3]]
        }
        #expect(y.distance(to: .make(y.shape) { sums[$0]! }) <= tolerance)
    }

    @Test(arguments: cases) func multiplyAccumulatesAndFanOutLeaveOutThePadding(test: Case) throws {
        let operation = test.convolution
        let output = try operation.outputShape([SymbolicShape(test.input), SymbolicShape(test.weight)]).resolved(batch: 1)
        var count = 0
        var fanOut = [Int](repeating: 0, count: test.input[2] * test.input[3])
        forEachTap(test, output) { _, _, from in
            count += 1
            if from[0] == 0 && from[1] == 0 { fanOut[from[2] * test.input[3] + from[3]] += 1 }
        }
        #expect(operation.multiplyAccumulates(inputs: [test.input, test.weight], output: output) == count)
        if test.input[0] > 0 { #expect(operation.fanOut(input: test.input, weight: test.weight) == fanOut) }
    }

    @Test func everySetOfKernelsGivesTheSameBits() throws {
        for test in Self.cases {
            let inputs = [randomTensor(test.input, seed: 1), randomTensor(test.weight, seed: 2)]
            let expected = try evaluate(.convolution(test.convolution), inputs, kernels: Kernels.available[0])
            for kernels in Kernels.available {
                #expect(try evaluate(.convolution(test.convolution), inputs, kernels: kernels) == expected)
            }
        }
    }
}
