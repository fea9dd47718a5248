import Testing
import VolleyTensors

@Suite struct ImageWindowsTests {
    /// Strides, dilations, padding on all sides, windows wholly outside; pixels and windows shorter and longer than a copy at once.
    static let shapes = [
        ImageWindows(image: [5, 6, 3], kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: [0, 0], positions: [5, 6]),
        ImageWindows(image: [4, 4, 9], kernel: [1, 1], stride: [2, 2], dilation: [3, 3], padding: [0, 0], positions: [2, 2]),
        ImageWindows(image: [7, 9, 4], kernel: [3, 3], stride: [1, 1], dilation: [1, 1], padding: [1, 1], positions: [7, 9]),
        ImageWindows(image: [8, 7, 2], kernel: [3, 2], stride: [2, 1], dilation: [1, 2], padding: [2, 1], positions: [5, 7]),
        ImageWindows(image: [6, 20, 2], kernel: [2, 8], stride: [1, 3], dilation: [2, 1], padding: [0, 4], positions: [4, 7]),
        ImageWindows(image: [3, 20, 1], kernel: [2, 11], stride: [1, 1], dilation: [1, 1], padding: [1, 3], positions: [4, 14]),
        ImageWindows(image: [2, 3, 2], kernel: [2, 3], stride: [3, 4], dilation: [1, 1], padding: [5, 6], positions: [5, 5]),
        ImageWindows(image: [3, 4, 101], kernel: [2, 3], stride: [1, 1], dilation: [1, 1], padding: [1, 1], positions: [4, 4]),
    ]

    @Test(arguments: shapes) func gathersWhatALoopGathers(_ shape: ImageWindows) {
        let (height, width, channels) = (shape.image[0], shape.image[1], shape.image[2])
        let images = 3
        var random = SeededGenerator(seed: 1)
        let codes = (0..<images * channels * height * width).map { _ in Int8(truncatingIfNeeded: random.next()) }
        var expected: [Int8] = []
        for image in 0..<images {
            for position in 0..<shape.rowsPerImage {
                for tap in 0..<shape.rowLength {
                    let channel = tap % channels
                    let (u, v) = (tap / channels / shape.kernel[1], tap / channels % shape.kernel[1])
                    let row = position / shape.positions[1] * shape.stride[0] + u * shape.dilation[0] - shape.padding[0]
                    let column = position % shape.positions[1] * shape.stride[1] + v * shape.dilation[1] - shape.padding[1]
                    let isInside = (0..<height).contains(row) && (0..<width).contains(column)
                    expected.append(isInside ? codes[((image * height + row) * width + column) * channels + channel] : 0)
                }
            }
        }
        #expect(shape.gather(from: codes) == expected)
    }

    @Test func brokenContractsTrap() async {
        await #expect(processExitsWith: .failure) { _ = Self.shapes[0].gather(from: [Int8](repeating: 0, count: 89)) }
    }
}
