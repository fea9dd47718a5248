import Testing
import VolleyGraph
import VolleyTensors

/// Means of at most 50 values of size 1.
private let tolerance: Float = 1e-6

@Suite struct PoolingTests {
    private static let cases: [Pooling] = [Pooling.Function.maximum, .average].flatMap { function in
        [
            Pooling(function, kernel: [2, 2], stride: [2, 2]),
            Pooling(function, kernel: [3, 2], stride: [1, 2], padding: [[1, 1], [0, 1]]),
            Pooling(function, kernel: [3, 3], stride: [2, 2], padding: [[1, 1], [1, 1]], countsPadding: true),
            Pooling(function, kernel: [3, 2], stride: [2, 3], ceilMode: true),
            Pooling(function, kernel: [3, 3], stride: [2, 2], padding: [[1, 1], [1, 1]], ceilMode: true, countsPadding: true),
            Pooling(function, kernel: [2, 3], stride: [1, 1], dilation: [3, 2], padding: [[1, 0], [2, 2]]),
            Pooling(function, kernel: [1, 1], stride: [3, 2]),
            Pooling(function, kernel: [7, 6], stride: [1, 1]),
            Pooling(function, kernel: [2, 2], stride: [3, 4], padding: [[1, 1], [1, 1]], ceilMode: true),
            // Windows larger than the padded input.
            Pooling(function, kernel: [9, 8], stride: [3, 4], ceilMode: true),
            Pooling(function, kernel: [11, 6], stride: [3, 2], padding: [[1, 1], [0, 0]], ceilMode: true, countsPadding: true),
            // Windows that lie in the padding alone, or whose taps all miss the input.
            Pooling(function, kernel: [1, 2], stride: [1, 1], dilation: [1, 9], padding: [[2, 0], [4, 5]], countsPadding: true),
        ]
    }

    /// Every window tap by tap.
    private func naive(_ pooling: Pooling, _ x: Tensor, _ shape: Shape) -> Tensor {
        .make(shape) { at in
            var values: [Float] = []
            var positions = 0
            for u in 0..<pooling.kernel[0] {
                for v in 0..<pooling.kernel[1] {
                    let row = at[2] * pooling.stride[0] + u * pooling.dilation[0] - pooling.padding[0][0]
                    let column = at[3] * pooling.stride[1] + v * pooling.dilation[1] - pooling.padding[1][0]
                    if row < x.shape[2] + pooling.padding[0][1], column < x.shape[3] + pooling.padding[1][1] { positions += 1 }
                    if (0..<x.shape[2]).contains(row), (0..<x.shape[3]).contains(column) {
                        values.append(x[at[0], at[1], row, column])
                    }
                }
            }
            if pooling.function == .maximum { return values.max() ?? -Float.greatestFiniteMagnitude }
            let divisor = pooling.countsPadding ? positions : values.count
            return values.isEmpty ? 0 : values.reduce(0, +) / Float(divisor)
        }
    }

    @Test(arguments: cases) func everyWindow(pooling: Pooling) throws {
        let x = randomTensor([2, 3, 7, 6], seed: 50)
        let y = try evaluate(.pooling(pooling), [x])
        #expect(y.distance(to: naive(pooling, x, y.shape)) <= (pooling.function == .maximum ? 0 : tolerance))
    }

    /// Counts of windows by hand; those of the ceiling mode begin before the padding behind the input.
    @Test func windowCounts() throws {
        func size(
            _ length: Int, kernel: Int, stride: Int, padding: [Int] = [0, 0], dilation: Int = 1, ceil: Bool = false
        ) throws -> Int {
            let pooling = Pooling(
                .maximum, kernel: [kernel], stride: [stride], dilation: [dilation], padding: [padding], ceilMode: ceil)
            return try pooling.outputShape([[.batch, 1, SymbolicLength(length)]])[2].size
        }
        #expect(try size(6, kernel: 2, stride: 2) == 3)
        #expect(try size(6, kernel: 3, stride: 2) == 2)
        #expect(try size(6, kernel: 3, stride: 2, ceil: true) == 3)
        #expect(try size(4, kernel: 1, stride: 3, ceil: true) == 2)
        #expect(try size(5, kernel: 1, stride: 3, padding: [0, 1], ceil: true) == 2)
        #expect(try size(2, kernel: 3, stride: 3, padding: [1, 1], ceil: true) == 1)
        #expect(try size(6, kernel: 3, stride: 1, padding: [1, 2]) == 7)
        #expect(try size(6, kernel: 3, stride: 1, dilation: 2) == 2)
        #expect(try size(2, kernel: 1, stride: 1, padding: [0, 2]) == 4)
        #expect(try size(2, kernel: 1, stride: 1, padding: [2, 2], ceil: true) == 5)
    }

    @Test func oneAxisAndThreeAxes() throws {
        let line = try evaluate(
            .pooling(Pooling(.average, kernel: [2], stride: [2], dilation: [1], padding: [[0, 0]])), [Tensor([1, 1, 4], [1, 3, 5, 9])])
        #expect(line == Tensor([1, 1, 2], [2, 7]))
        let cube = Tensor([1, 1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])
        let whole = Pooling(
            .maximum, kernel: [2, 2, 2], stride: [1, 1, 1], dilation: [1, 1, 1], padding: [[0, 0], [0, 0], [0, 0]])
        #expect(try evaluate(.pooling(whole), [cube]) == Tensor([1, 1, 1, 1, 1], [8]))
    }

    @Test func nothingIsHidden() throws {
        var output = Tensor([1, 1, 1, 1])
        Pooling(.maximum, kernel: [1, 3], stride: [1, 1]).evaluate(
            [Tensor([1, 1, 1, 3], [1, .nan, 2])], into: &output, on: .best)
        #expect(output.values[0].isNaN)
    }
}
