import Foundation
import Testing
import VolleyFormats
import VolleyTestSupport

@Suite struct AtomicFileTests {
    private struct Interruption: Error {}

    @Test func piecesAreJoinedAndReplaceTheFile() throws {
        try withTemporaryFile([9, 9, 9], named: "a b%20ü") { path in
            try AtomicFile.write(to: path) { file in
                try file.append([1, 2])
                try file.append([])
                try file.append([3])
                #expect(FileManager.default.contents(atPath: path) == Data([9, 9, 9]))
            }
            #expect(FileManager.default.contents(atPath: path) == Data([1, 2, 3]))
        }
    }

    @Test func anInterruptedWriteLeavesTheOldFileAlone() throws {
        try withTemporaryFile([7]) { path in
            #expect(throws: Interruption.self) {
                try AtomicFile.write(to: path) { file in
                    try file.append([1, 2, 3])
                    throw Interruption()
                }
            }
            #expect(FileManager.default.contents(atPath: path) == Data([7]))
            let folder = URL(filePath: path).deletingLastPathComponent()
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
            #expect(names == ["file"])
        }
    }

    @Test func aMissingDirectoryIsNamed() throws {
        try withTemporaryDirectory { folder in
            let path = folder.appending(path: "missing/file").path(percentEncoded: false)
            expectFormatError(.writeFailed, mentioning: "missing/ does not exist") { try AtomicFile.write([1], to: path) }
        }
    }

    @Test func aFileIsNoDirectory() throws {
        try withTemporaryFile([7]) { path in
            expectFormatError(.writeFailed) { try AtomicFile.write([1], to: path + "/file") }
        }
    }

    @Test func aDirectoryIsNotReplaced() throws {
        try withTemporaryDirectory { folder in
            let target = folder.appending(path: "target")
            try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
            expectFormatError(.writeFailed) { try AtomicFile.write([1], to: target.path(percentEncoded: false)) }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
            #expect(names == ["target"])
        }
    }
}
