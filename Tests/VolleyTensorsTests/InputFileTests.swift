import Foundation
import Testing
import VolleyTensors
import VolleyTestSupport

@Suite struct InputFileTests {
    @Test func readsWhatWasWritten() throws {
        let directory = try TemporaryDirectory()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try InputFile(path: try directory.write(bytes, to: "data with a space.bin"))
        #expect(file.count == bytes.count)
        #expect(try file.allBytes == bytes)
        #expect(try file.bytes(99_990..<100_000) == Array(bytes[99_990...]))
        #expect(try file.bytes(5..<5) == [])
    }

    @Test func anEmptyFileHasNoBytes() throws {
        let directory = try TemporaryDirectory()
        let file = try InputFile(path: try directory.write([], to: "empty"))
        #expect(file.count == 0)
        #expect(try file.allBytes == [])
    }

    @Test func aMissingFileIsAnError() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: (any Error).self) { _ = try InputFile(path: directory.file("missing")) }
        #expect(throws: (any Error).self) { _ = try InputFile(path: directory.path) }
    }

    @Test func aFileThatBecomesShorterIsAnErrorAndNoSignal() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write([UInt8](repeating: 1, count: 1 << 20), to: "growing.bin")
        let file = try InputFile(path: path)
        #expect(try file.bytes(0..<10).count == 10)
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.truncate(atOffset: 5000)
        #expect(try file.bytes(4000..<5000).count == 1000)
        #expect { try file.allBytes } throws: {
            let text = "\($0)"
            return text.contains(path) && text.contains("1048576 bytes") && text.contains("byte 5001")
        }
    }

    @Test func whatIsNoRegularFileIsRefusedWithoutWaiting() throws {
        let directory = try TemporaryDirectory()
        #expect { try InputFile(path: "/dev/zero") } throws: { ($0 as? FileError)?.reason == .notRegular }
        #expect { try InputFile(path: directory.path) } throws: { ($0 as? FileError)?.reason == .folder }
        #expect { try InputFile(path: directory.file("absent")) } throws: { ($0 as? FileError)?.reason == .notFound }
        #expect { try InputFile(path: try directory.write([1], to: "a") + "/b") } throws: { ($0 as? FileError)?.reason == .notFound }
        #expect(unsafe mkfifo(directory.file("pipe"), 0o600) == 0)
        #expect { try InputFile(path: directory.file("pipe")) } throws: { ($0 as? FileError)?.reason == .notRegular }
    }

    @Test func fixturesAreFound() throws {
        #expect(try InputFile(path: Fixture.path("formats/MANIFEST.json")).count > 0)
    }

    @Test func temporaryDirectoriesDeleteThemselves() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let path = try #require(directory).write([1], to: "file")
        #expect(try InputFile(path: path).allBytes == [1])
        directory = nil
        #expect(throws: (any Error).self) { _ = try InputFile(path: path) }
    }
}
