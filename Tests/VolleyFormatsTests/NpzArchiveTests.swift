import Foundation
import Testing
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

@Suite struct NpzArchiveTests {
    @Test(arguments: ["stored", "deflated", "streamed", "streamed-32bit", "zip64"])
    func fixturesOfNumPy(name: String) throws {
        let entry = try #require(try fixtureObject("formats/expected.json")["\(name).npz"] as? [String: Any])
        let members = try #require(entry["members"] as? [String: Any])
        let archive = try NpzArchive(path: Fixture.path("formats/\(name).npz"))
        #expect(Set(archive.names) == Set(members.keys))
        #expect(archive.otherMembers.isEmpty)
        for (name, member) in members {
            try #require(ExpectedArray(member)).verify(try archive.array(name).tensor, name)
        }
        expectFormatError(.missingEntry, mentioning: "\"fortran\"") { try archive.array("nothing") }
    }

    @Test func badFixtures() throws {
        expectFormatError(.truncated) { try NpzArchive(path: Fixture.path("formats/bad-truncated.npz")) }
        expectFormatError(.truncated, mentioning: "no zip") { try NpzArchive(path: Fixture.path("formats/bad-text.npz")) }
        let archive = try NpzArchive(path: Fixture.path("formats/bad-crc.npz"))
        expectFormatError(.malformed, mentioning: "checksum") { try archive.array("x") }
        #expect(try archive.array("y").tensor.values == (0..<40).map { Float($0) })
    }

    @Test func writtenArraysAreReadBack() throws {
        let tensor = Tensor([2, 2], [1, 2, 3, .pi])
        try withTemporaryDirectory { folder in
            let paths = ["a.npz", "b.npz"].map { folder.appending(path: $0).path(percentEncoded: false) }
            for path in paths {
                try NpzArchive.write(
                    [("weights/ü", .float32(tensor)), ("labels", .int64([3, 1 << 33])), ("empty", .float32(.empty))],
                    to: path)
            }
            let archive = try NpzArchive(path: paths[0])
            #expect(archive.names == ["weights/ü", "labels", "empty"])
            #expect(try archive.array("weights/ü").tensor == tensor)
            #expect(try archive.array("labels").tensor.values == [3, 0x1p33])
            #expect(try archive.array("empty").shape == [0])
            #expect(
                FileManager.default.contents(atPath: paths[0]) == FileManager.default.contents(atPath: paths[1]))
        }
    }

    /// More members than the archive's ordinary record can count: they stand in its zip64 record.
    @Test func moreMembersThanSixteenBitsCount() throws {
        try withTemporaryDirectory { folder in
            let path = folder.appending(path: "many.npz").path(percentEncoded: false)
            try NpzArchive.write((0..<65_600).map { ("a\($0)", .int64([$0])) }, to: path)
            let archive = try NpzArchive(path: path)
            #expect(archive.names.count == 65_600)
            for number in [0, 65_534, 65_535, 65_599] { #expect(try archive.array("a\(number)").tensor.values == [Float(number)]) }
        }
    }

    @Test func arraysFromFilesAreThoseOfTheFiles() throws {
        try withTemporaryDirectory { folder in
            let paths = ["a.npy", "b.npy", "files.npz", "arrays.npz"].map { folder.appending(path: $0).path(percentEncoded: false) }
            let contents: [NpyContent] = [.int64((0..<1_000_000).map { $0 }), .float32(.empty)]
            for (content, path) in zip(contents, paths) { try content.write(to: path) }
            try NpzArchive.write(files: [("a", paths[0]), ("b/c", paths[1])], to: paths[2])
            try NpzArchive.write([("a", contents[0]), ("b/c", contents[1])], to: paths[3])
            #expect(FileManager.default.contentsEqual(atPath: paths[2], andPath: paths[3]))
        }
    }

    /// A deflated member of a few bytes that announces gigabytes in the directory.
    @Test func sizeThatLies() throws {
        let bytes = try Fixture.bytes("formats/deflated.npz")
        let directory = try #require(
            bytes.indices.first { bytes[$0...].starts(with: [0x50, 0x4B, 0x01, 0x02]) })
        for (length, codes): (UInt32, [FormatError.Code]) in [(0xFFFF_FFF0, [.tooLarge]), (3, [.malformed])] {
            var lying = bytes
            lying.replaceSubrange(directory + 24..<directory + 28, with: [UInt8](littleEndian: length))
            try withTemporaryFile(lying) { path in
                let archive = try NpzArchive(path: path)
                expectFormatError(codes[0]) { try archive.array(archive.names[0]) }
            }
        }
    }

    private func readAll(_ path: String) throws {
        let archive = try NpzArchive(path: path)
        for name in archive.names { _ = try archive.array(name) }
    }

    @Test(arguments: ["deflated", "zip64"]) func everyByteChanged(name: String) throws {
        let bytes = try Fixture.bytes("formats/\(name).npz")
        #expect(try countRefusals(ofMutationsOf: bytes, read: readAll) > bytes.count)
        try expectRefusal(ofPrefixesOf: bytes, read: readAll)
    }
}
