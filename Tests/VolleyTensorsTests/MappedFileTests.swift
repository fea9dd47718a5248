import Testing
import VolleyTensors
import VolleyTestSupport

@Suite struct MappedFileTests {
    @Test func readsWhatWasWritten() throws {
        let directory = try TemporaryDirectory()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try MappedFile(path: try directory.write(bytes, to: "data with a space.bin"))
        #expect(file.count == bytes.count)
        #expect(file.allBytes == bytes)
        #expect(file.bytes(99_990..<100_000) == Array(bytes[99_990...]))
        #expect(file.bytes(5..<5) == [])
    }

    @Test func anEmptyFileHasNoBytes() throws {
        let directory = try TemporaryDirectory()
        let file = try MappedFile(path: try directory.write([], to: "empty"))
        #expect(file.count == 0)
        #expect(file.allBytes == [])
    }

    @Test func aMissingFileIsAnError() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: (any Error).self) { _ = try MappedFile(path: directory.file("missing")) }
        #expect(throws: (any Error).self) { _ = try MappedFile(path: directory.path) }
    }

    @Test func fixturesAreFound() throws {
        #expect(try MappedFile(path: Fixture.path("formats/MANIFEST.json")).count > 0)
    }

    @Test func temporaryDirectoriesDeleteThemselves() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let path = try #require(directory).write([1], to: "file")
        #expect(try MappedFile(path: path).allBytes == [1])
        directory = nil
        #expect(throws: (any Error).self) { _ = try MappedFile(path: path) }
    }
}
