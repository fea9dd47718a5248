import Testing
import VolleyTensors

@Suite struct ImageWindowsTests {
    /// Kernels narrower and wider than a wide copy, strides, dilations, padding on all sides, windows wholly outside.
    static let shapes = [
        ImageWindows(image: [3, 5, 6], kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: [0, 0], positions: [5, 6]),
        ImageWindows(image: [9, 4, 4], kernel: [1, 1], stride: [2, 2], dilation: [3, 3], padding: [0, 0], positions: [2, 2]),
        ImageWindows(image: [4, 7, 9], kernel: [3, 3], stride: [1, 1], dilation: [1, 1], padding: [1, 1], positions: [7, 9]),
        ImageWindows(image: [2, 8, 7], kernel: [3, 2], stride: [2, 1], dilation: [1, 2], padding: [2, 1], positions: [5, 7]),
        ImageWindows(image: [2, 6, 20], kernel: [2, 8], stride: [1, 3], dilation: [2, 1], padding: [0, 4], positions: [4, 7]),
        ImageWindows(image: [1, 3, 20], kernel: [2, 11], stride: [1, 1], dilation: [1, 1], padding: [1, 3], positions: [4, 14]),
        ImageWindows(image: [2, 2, 3], kernel: [2, 3], stride: [3, 4], dilation: [1, 1], padding: [5, 6], positions: [5, 5]),
    ]

    @Test(arguments: shapes) func gathersWhatALoopGathers(_ shape: ImageWindows) {
        let (steps, count, images) = (3, 4, 1..<3)
        let (channels, height, width) = (shape.image[0], shape.image[1], shape.image[2])
        var random = SeededGenerator(seed: 1)
        let codes = (0..<steps * count * channels * height * width).map { _ in Int8(truncatingIfNeeded: random.next()) }
        for images in [images, 0..<count, 3..<4] {
            var expected: [Int8] = []
            for step in 0..<steps {
                for image in images {
                    for position in 0..<shape.rowsPerImage {
                        for tap in 0..<shape.rowLength {
                            let (u, v) = (tap / shape.kernel[1] % shape.kernel[0], tap % shape.kernel[1])
                            let channel = tap / (shape.kernel[0] * shape.kernel[1])
                            let row = position / shape.positions[1] * shape.stride[0] + u * shape.dilation[0] - shape.padding[0]
                            let across = position % shape.positions[1]
                            let column = across * shape.stride[1] + v * shape.dilation[1] - shape.padding[1]
                            let isInside = (0..<height).contains(row) && (0..<width).contains(column)
                            let index = (((step * count + image) * channels + channel) * height + row) * width + column
                            expected.append(isInside ? codes[index] : 0)
                        }
                    }
                }
            }
            // What lies behind stays as it is.
            var found = [Int8](repeating: 99, count: expected.count + 16)
            shape.gather(images, of: count, steps: steps, from: codes, into: &found)
            #expect(Array(found.dropLast(16)) == expected)
            #expect(found.suffix(16).allSatisfy { $0 == 99 })
        }
    }

    @Test(arguments: [1, 5]) func resultsArePlacedByImage(outputs: Int) {
        let shape = Self.shapes[3]
        let (steps, count, images, pixels) = (2, 4, 1..<3, shape.rowsPerImage)
        let rows = (0..<steps * images.count * pixels * outputs).map(Float.init)
        var values = [Float](repeating: -1, count: steps * count * pixels * outputs)
        shape.place(rows, outputs: outputs, images, of: count, steps: steps, into: &values)
        for index in values.indices {
            let (pixel, output, image) = (index % pixels, index / pixels % outputs, index / (pixels * outputs) % count)
            let step = index / (pixels * outputs * count)
            let row = (step * images.count + image - images.lowerBound) * pixels + pixel
            #expect(values[index] == (images.contains(image) ? rows[row * outputs + output] : -1))
        }
    }

    @Test func brokenContractsTrap() async {
        await #expect(processExitsWith: .failure) {
            var windows = [Int8](repeating: 0, count: 90)
            Self.shapes[0].gather(0..<2, of: 1, steps: 1, from: [Int8](repeating: 0, count: 90), into: &windows)
        }
        await #expect(processExitsWith: .failure) {
            var windows = [Int8](repeating: 0, count: 89)
            Self.shapes[0].gather(0..<1, of: 1, steps: 1, from: [Int8](repeating: 0, count: 90), into: &windows)
        }
    }
}
