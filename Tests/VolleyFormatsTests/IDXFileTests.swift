import Foundation
import Testing
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

@Suite struct IDXFileTests {
    @Test(arguments: ["images-idx3-ubyte", "images-idx3-ubyte.gz", "labels-idx1-ubyte", "labels-idx1-ubyte.gz"])
    func fixtures(name: String) throws {
        let file = try IDXFile(path: Fixture.path("formats/\(name)"))
        let expected = try #require(ExpectedArray(try fixtureObject("formats/expected.json")[name]))
        expected.verify(file.tensor, name)
        #expect(file.elementType == .uint8)
        #expect(file.count == 3)
    }

    @Test func imagesAndLabels() throws {
        let images = try IDXFile(path: Fixture.path("formats/images-idx3-ubyte.gz"))
        let image = try images.image(2)
        #expect(image.height == 4 && image.width == 5 && image.channels == 1)
        #expect(image.pixels.map { Float($0) } == Array(images.tensor.values[40..<60]))
        let labels = try IDXFile(path: Fixture.path("formats/labels-idx1-ubyte"))
        #expect(try labels.labels() == [7, 0, 9])
        expectFormatError(.unsupported, mentioning: "[3, 4, 5]") { try images.labels() }
        expectFormatError(.unsupported, mentioning: "[3]") { try labels.image(0) }
    }

    @Test(
        arguments: [
            (0x08, [200], 200, .uint8), (0x09, [200], -56, .int8), (0x0B, [0xFF, 0xFE], -2, .int16),
            (0x0C, [0, 1, 0, 0], 65536, .int32), (0x0D, [0x3F, 0x80, 0, 0], 1, .float32),
            (0x0E, [0x3F, 0xE0, 0, 0, 0, 0, 0, 0], 0.5, .float64),
        ] as [(UInt8, [UInt8], Float, ElementType)])
    func elementTypes(code: UInt8, data: [UInt8], value: Float, type: ElementType) throws {
        try withTemporaryFile([0, 0, code, 1, 0, 0, 0, 1] + data) { path in
            let file = try IDXFile(path: path)
            #expect(file.elementType == type)
            #expect(file.tensor == Tensor([1], [value]))
        }
    }

    @Test(
        arguments: [
            ([0, 0, 7, 1, 0, 0, 0, 0], .malformed), ([0, 0, 8], .truncated), ([0, 0, 8, 2, 0, 0, 0, 1], .truncated),
            ([0, 0, 8, 1, 0xFF, 0xFF, 0xFF, 0xFF], .truncated), ([0, 0, 8, 1, 0, 0, 0, 1, 5, 5], .malformed),
            ([0, 0, 8, 3] + [UInt8](repeating: 0xFF, count: 12), .tooLarge),
            ([0, 0, 8, 0xFF] + [UInt8](repeating: 0, count: 4 * 255), .tooLarge),
        ] as [([UInt8], FormatError.Code)])
    func headerThatLies(bytes: [UInt8], code: FormatError.Code) throws {
        try withTemporaryFile(bytes) { path in expectFormatError(code) { try IDXFile(path: path) } }
    }

    @Test func badFixtures() {
        expectFormatError(.truncated) { try IDXFile(path: Fixture.path("formats/bad-truncated-idx3-ubyte")) }
        expectFormatError(.truncated) { try IDXFile(path: Fixture.path("formats/bad-truncated-idx3-ubyte.gz")) }
        expectFormatError(.malformed) { try IDXFile(path: Fixture.path("formats/bad-magic-idx3-ubyte")) }
    }

    /// The start of a gzip file: one block, stored as it is, and not the last one.
    @Test func compressedSizeThatLies() throws {
        let header: [UInt8] = [0, 0, 8, 1, 0x7F, 0xFF, 0xFF, 0xFF]
        let block: [UInt8] = [0, 8, 0, 0xF7, 0xFF] + header
        try withTemporaryFile([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + block) { path in
            expectFormatError(.tooLarge, mentioning: "2147483647") { try IDXFile(path: path) }
        }
    }

    @Test func severalGzipMembers() throws {
        let bytes = try Fixture.bytes("formats/labels-idx1-ubyte.gz")
        try withTemporaryFile(bytes + bytes) { path in
            expectFormatError(.malformed, mentioning: "longer") { try IDXFile(path: path) }
        }
        try withTemporaryFile(bytes + [1, 2, 3]) { path in expectFormatError(.malformed) { try IDXFile(path: path) } }
    }

    @Test(arguments: ["images-idx3-ubyte", "images-idx3-ubyte.gz"])
    func everyByteChanged(name: String) throws {
        let bytes = try Fixture.bytes("formats/\(name)")
        #expect(try countRefusals(ofMutationsOf: bytes) { _ = try IDXFile(path: $0).tensor } > 50)
        try expectRefusal(ofPrefixesOf: bytes) { _ = try IDXFile(path: $0) }
    }
}
