import Foundation
import Testing
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

@Suite struct ImageDecoderTests {
    /// What the decoders of different versions of libjpeg may differ by, in levels of 255.
    private static let largestDifference: Float = 0

    private static let decodable = [
        "rgb-444.jpg", "rgb-422.jpg", "rgb-420.jpg", "progressive.jpg", "progressive-444.jpg", "restart.jpg", "gray.jpg",
        "cmyk.jpg", "adobe-rgb.jpg", "one-pixel.jpg", "exif-orientation-6.jpg", "corrupt.jpg", "rgb.png", "gray.png",
        "palette.png", "rgba.png", "gray-alpha.png", "bit1.png", "palette-transparent.png", "gray2.png", "gray4.png", "palette4.png",
        "rgb16.png", "interlaced.png", "interlaced-bit1.png",
    ]

    /// The pixels as [height, width, 3].
    private func rgb(_ image: RasterImage) -> Tensor {
        let values = image.pixels.map { Float($0) }
        let triples = image.channels == 3 ? values : values.flatMap { [$0, $0, $0] }
        return Tensor([image.height, image.width, 3], triples)
    }

    @Test(arguments: decodable) func pixelsEqualPillows(name: String) throws {
        let expected = try NpzArchive(path: Fixture.path("images/expected.npz")).array(name).tensor
        let image = try ImageDecoder.decode(contentsOf: Fixture.path("images/\(name)"))
        let difference = Difference(rgb(image), expected)
        #expect(difference.absolute <= Self.largestDifference, "\(difference)")
    }

    /// Of 16-bit grey Pillow clips instead of scaling; expected is the upper byte of its samples.
    @Test func wideGrey() throws {
        let samples = try NpzArchive(path: Fixture.path("images/expected.npz")).array("gray16.png#raw").tensor
        let image = try ImageDecoder.decode(contentsOf: Fixture.path("images/gray16.png"))
        #expect(image.channels == 1)
        #expect(image.pixels == samples.values.map { UInt8(Int($0) >> 8) })
    }

    /// Two pixels, 16 bits, RGBA: 1234 FFFF 80FF 0000 and 0100 FE00 00FE 8000. They are rounded to 8 bits, not blended.
    @Test func wideTransparency() throws {
        let text =
            "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABEAYAAACksqPJAAAAGUlEQVR42mMQMvn/v+E/AwMjwz8Ghn8NDAA6DQZBcK+e5QAAAABJ"
            + "RU5ErkJggg=="
        let bytes = [UInt8](try #require(Data(base64Encoded: text)))
        #expect(try ImageDecoder.decode(bytes, name: "x").pixels == [0x12, 0xFF, 0x80, 0x01, 0xFD, 0x01])
    }

    @Test func greyKeepsOneChannel() throws {
        for name in ["gray.jpg", "gray.png", "gray-alpha.png", "bit1.png"] {
            #expect(try ImageDecoder.decode(contentsOf: Fixture.path("images/\(name)")).channels == 1)
        }
    }

    @Test(
        arguments: [
            ("truncated.jpg", .truncated, "cut short"),
            ("corrupt-tables.jpg", .malformed, "damaged"), ("not-an-image.jpg", .unsupported, "begins with 54 68 69 73"),
            ("empty.jpg", .truncated, "begins with nothing"), ("truncated.png", .truncated, "cut short"),
            ("corrupt.png", .malformed, "checksum"),
        ] as [(String, FormatError.Code, String)])
    func badFixtures(name: String, code: FormatError.Code, text: String) {
        expectFormatError(code, mentioning: text) { try ImageDecoder.decode(contentsOf: Fixture.path("images/\(name)")) }
    }

    /// Bytes between the scan's data and the next marker do not matter, unless the end is missing too.
    @Test func extraneousBytesAreAccepted() throws {
        let bytes = try Fixture.bytes("images/rgb-444.jpg")
        let image = try ImageDecoder.decode(bytes, name: "plain")
        let padded = Array(bytes[..<2]) + [1, 2, 3] + Array(bytes[2...])
        #expect(try ImageDecoder.decode(padded, name: "padded") == image)
        expectFormatError(.truncated) { try ImageDecoder.decode(Array(padded.dropLast(200)), name: "cut") }
    }

    /// Gamma and transparency chunks do not change the pixels.
    @Test func ancillaryChunksAreIgnored() throws {
        let bytes = try Fixture.bytes("images/rgb.png")
        // A gamma of 1.0, after the header, with its checksum.
        let gamma: [UInt8] = [0, 0, 0, 4] + Array("gAMA".utf8) + [0, 1, 0x86, 0xA0, 0x31, 0xE8, 0x96, 0x5F]
        let changed = Array(bytes[..<33]) + gamma + Array(bytes[33...])
        #expect(try ImageDecoder.decode(changed, name: "gamma") == ImageDecoder.decode(bytes, name: "plain"))
    }

    @Test func sizesThatLie() throws {
        var png = try Fixture.bytes("images/rgb.png")
        // With the checksum that belongs to the changed header.
        png.replaceSubrange(16..<24, with: [UInt8](bigEndian: UInt32(100_000)) + [UInt8](bigEndian: UInt32(100_000)))
        png.replaceSubrange(29..<33, with: [UInt8](bigEndian: UInt32(0x2730_9C9F)))
        expectFormatError(.tooLarge, mentioning: "100000 × 100000") { try ImageDecoder.decode(png, name: "x") }
        var jpeg = try Fixture.bytes("images/rgb-444.jpg")
        let frame = try #require(jpeg.indices.first { jpeg[$0...].starts(with: [0xFF, 0xC0]) })
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0, 0xFF, 0])
        expectFormatError(.tooLarge) { try ImageDecoder.decode(jpeg, name: "x") }
    }

    @Test(arguments: ["gray.jpg", "progressive.jpg", "palette4.png", "gray-alpha.png", "interlaced-bit1.png", "gray16.png"])
    func everyByteChanged(name: String) throws {
        let bytes = try Fixture.bytes("images/\(name)")
        var refusals = 0
        for position in bytes.indices {
            for value in [0, 0xFF, bytes[position] ^ 1] where value != bytes[position] {
                var mutated = bytes
                mutated[position] = value
                do {
                    let image = try ImageDecoder.decode(mutated, name: "mutated")
                    #expect(image.pixels.count == image.width * image.height * image.channels)
                } catch is FormatError {
                    refusals += 1
                }
            }
        }
        #expect(refusals > 20)
    }

    @Test(arguments: ["gray.jpg", "progressive.jpg", "restart.jpg", "rgb.png", "palette.png"])
    func everyPrefix(name: String) throws {
        let bytes = try Fixture.bytes("images/\(name)")
        for length in bytes.indices {
            #expect(throws: FormatError.self, "cut after \(length) bytes") {
                try ImageDecoder.decode(Array(bytes[..<length]), name: "cut")
            }
        }
    }

    @Test func manyAtOnce() async throws {
        let files = try Self.decodable.map { try Fixture.bytes("images/\($0)") }
        let expected = try files.map { try ImageDecoder.decode($0, name: "one at a time") }
        try await withThrowingTaskGroup(of: (Int, RasterImage).self) { group in
            for number in 0..<200 {
                let bytes = files[number % files.count]
                group.addTask { (number, try ImageDecoder.decode(bytes, name: "at once")) }
            }
            for try await (number, image) in group { #expect(image == expected[number % files.count]) }
        }
    }
}
