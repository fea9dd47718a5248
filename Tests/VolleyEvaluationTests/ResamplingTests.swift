import Foundation
import Testing
import VolleyEvaluation
import VolleyFormats
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

@Suite struct ResamplingTests {
    /// The fixture's description of one call of Pillow's `Image.resize`.
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let source: String
        let output: String
        let width: Int
        let height: Int
        let filter: String
        var testDescription: String { output }
    }

    static let cases = try! JSONDecoder().decode([Case].self, from: Data(Fixture.bytes("resize/cases.json")))

    @Test(arguments: cases) func equalsPillow(_ expected: Case) throws {
        let archive = try NpzArchive(path: Fixture.path("resize/cases.npz"))
        let image = try RasterImage(archive.array(expected.source))
        let interpolation = try #require(Preprocessing.Interpolation(rawValue: expected.filter))
        let result = image.resampled(height: expected.height, width: expected.width, interpolation: interpolation)
        #expect(try result == RasterImage(archive.array(expected.output)))
    }

    @Test func bilinearByHand() {
        let narrow = RasterImage(width: 2, height: 1, channels: 1, pixels: [0, 100])
        #expect(narrow.resampled(height: 1, width: 4, interpolation: .bilinear).pixels == [0, 25, 75, 100])
        // Weights ¾, ¾, ¼ of 7/4 on the left, ¼, ¾, ¾ on the right: 255·3/7 = 109.3.
        let wide = RasterImage(width: 4, height: 1, channels: 1, pixels: [0, 0, 0, 255])
        #expect(wide.resampled(height: 1, width: 2, interpolation: .bilinear).pixels == [0, 109])
        let high = RasterImage(width: 1, height: 4, channels: 1, pixels: [0, 0, 0, 255])
        #expect(high.resampled(height: 2, width: 1, interpolation: .bilinear).pixels == [0, 109])
    }

    @Test func bicubicOvershootIsClamped() {
        let edge = RasterImage(width: 4, height: 1, channels: 1, pixels: [0, 0, 255, 255])
        let result = edge.resampled(height: 1, width: 8, interpolation: .bicubic).pixels
        #expect(result == result.sorted() && result.first == 0 && result.last == 255)
    }

    @Test(arguments: Preprocessing.Interpolation.allCases)
    func anEvenImageStaysEven(_ interpolation: Preprocessing.Interpolation) {
        for (width, height) in [(1, 1), (1, 500), (500, 1), (7, 3)] {
            let image = RasterImage(
                width: width, height: height, channels: 3, pixels: (0..<width * height).flatMap { _ in [0, 128, 255] })
            for (newWidth, newHeight) in [(1, 1), (32, 32), (1, 700), (700, 1)] {
                let result = image.resampled(height: newHeight, width: newWidth, interpolation: interpolation)
                #expect(result.pixels == (0..<newWidth * newHeight).flatMap { _ in [0, 128, 255] as [UInt8] })
            }
        }
    }

    @Test func theSameSizeIsTheSameImage() {
        let image = RasterImage.noise(width: 9, height: 5, channels: 3, seed: 1)
        #expect(image.resampled(height: 5, width: 9, interpolation: .bicubic) == image)
    }

    /// In both orders of the passes, and where only one or none is needed.
    @Test(arguments: [(40, 30), (10, 29), (60, 10), (41, 60), (41, 7), (8, 37), (41, 37)])
    func aPartIsCutOutOfTheWhole(width: Int, height: Int) {
        let image = RasterImage.noise(width: 41, height: 37, channels: 3, seed: 2)
        let whole = image.resampled(height: height, width: width, interpolation: .bicubic)
        for (rows, columns) in [(0..<height, 3..<5), (2..<6, 0..<width), (height - 1..<height, 1..<2), (3..<5, 2..<8)] {
            let part = image.resampled(
                height: height, width: width, keptRows: rows, keptColumns: columns, interpolation: .bicubic)
            #expect(part == whole.cropped(rows: rows, columns: columns))
        }
    }

    @Test func channelsConvert() {
        let pixels: [UInt8] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]
        let color = RasterImage(width: 2, height: 2, channels: 3, pixels: pixels)
        let grey = color.converted(toChannels: 1)
        #expect(grey.pixels == [76, 150, 29, 255])
        #expect(grey.converted(toChannels: 3).pixels == [76, 76, 76, 150, 150, 150, 29, 29, 29, 255, 255, 255])
        #expect(grey.converted(toChannels: 1) == grey)
    }
}

extension RasterImage {
    /// An image from an array `[H, W, C]` of whole numbers.
    init(_ array: NpyArray) throws {
        try #require(array.shape.rank == 3 && array.elementType == .uint8)
        self.init(
            width: array.shape[1], height: array.shape[0], channels: array.shape[2],
            pixels: array.tensor.values.map { UInt8($0) })
    }

    static func noise(width: Int, height: Int, channels: Int, seed: UInt64) -> RasterImage {
        var generator = SeededGenerator(seed: seed)
        let pixels = (0..<width * height * channels).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        return RasterImage(width: width, height: height, channels: channels, pixels: pixels)
    }
}
