import Foundation
import Testing
import VolleyFormats
import VolleyTestSupport

@Suite struct TarArchiveTests {
    private static let end = [UInt8](repeating: 0, count: 1024)

    private static func read(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
        try withTemporaryFile(bytes) { path in
            let archive = try TarArchive(path: path)
            return Dictionary(uniqueKeysWithValues: try archive.members.map { ($0.name, try archive.bytes(of: $0)) })
        }
    }

    @Test func files() throws {
        let long = (0..<1500).map { UInt8($0 % 251) }
        let found = try Self.read(TarWriter.archive([("a.jpg", [1, 2, 3]), ("empty", []), ("deep/b.cls", Array("17".utf8)), ("long", long)]))
        #expect(found == ["a.jpg": [1, 2, 3], "empty": [], "deep/b.cls": Array("17".utf8), "long": long])
    }

    @Test func namesOfAllKinds() throws {
        let name = String(repeating: "n", count: 200) + ".png"
        let pax = "\(name.utf8.count + 10) path=\(name)\n"
        let bytes =
            TarWriter.member("folder/", [], kind: "5") + TarWriter.member("split.jpg", [1], prefix: "a/b")
            + TarWriter.member("@LongLink", Array(name.utf8) + [0], kind: "L") + TarWriter.member("cut", [2])
            + TarWriter.member("global", Array("11 a=bcdef\n".utf8), kind: "g")
            + TarWriter.member("records", Array(pax.utf8).map { $0 }, kind: "x") + TarWriter.member("cut", [3], prefix: "")
            + TarWriter.member("after", [4]) + TarWriter.member("link", [], kind: "2")
        try withTemporaryFile(bytes + Self.end) { path in
            let archive = try TarArchive(path: path)
            #expect(archive.members.map(\.name) == ["a/b/split.jpg", name, name, "after"])
            #expect(try archive.members.map { try archive.bytes(of: $0) } == [[1], [2], [3], [4]])
            #expect(archive.others == ["link"])
        }
    }

    /// Archives one behind the other, padding of any length, and none.
    @Test func ends() throws {
        let one = TarWriter.member("one", [1]), two = TarWriter.member("two", [2])
        let both: [String: [UInt8]] = ["one": [1], "two": [2]]
        #expect(try Self.read(one + two) == both)
        #expect(try Self.read(one + Self.end + two + Self.end) == both)
        #expect(try Self.read(one + two + [UInt8](repeating: 0, count: 10_240) + [0, 0, 0]) == both)
        #expect(try Self.read([]) == [:])
    }

    /// What the system's own program packs, in all its formats.
    @Test(arguments: ["ustar", "gnu", "pax", "v7"]) func programs(format: String) throws {
        guard let program = ["/usr/bin/tar", "/bin/tar"].first(where: FileManager.default.isExecutableFile) else { return }
        let folder = try TemporaryDirectory()
        let deep = format == "gnu" || format == "pax" ? String(repeating: "long/", count: 60) : "short/"
        try folder.write([7, 8, 9], to: deep + "x.jpg")
        try folder.write(Array("3\n".utf8), to: "x.cls")
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = ["--format=\(format)", "-cf", folder.file("out.tar"), "-C", folder.path, "x.cls", String(deep.prefix { $0 != "/" })]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let archive = try TarArchive(path: folder.file("out.tar"))
        #expect(archive.members.map(\.name) == ["x.cls", deep + "x.jpg"])
        #expect(try archive.members.map { try archive.bytes(of: $0) } == [Array("3\n".utf8), [7, 8, 9]])
    }

    @Test func errors() throws {
        let whole = TarWriter.archive([("a.jpg", [UInt8](repeating: 1, count: 600))])
        expectFormatError(.malformed, mentioning: "no tar archive") { try Self.read([UInt8](repeating: 5, count: 1024)) }
        expectFormatError(.truncated, mentioning: "a.jpg") { try Self.read(Array(whole.prefix(900))) }
        expectFormatError(.truncated, mentioning: "header") { try Self.read(Array(whole.prefix(100))) }
        expectFormatError(.malformed, mentioning: "damaged") { try Self.read(Array(whole.prefix(1536)) + [UInt8](repeating: 9, count: 512)) }
        expectFormatError(.unsupported, mentioning: "sparse") { try Self.read(TarWriter.member("s", [], kind: "S") + Self.end) }
        expectFormatError(.malformed, mentioning: "records") { try Self.read(TarWriter.member("x", Array("99 path=a\n".utf8), kind: "x")) }
        var huge = TarWriter.member("h", [])
        huge.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0x7f] + [UInt8](repeating: 0xff, count: 7))
        let sum = huge.indices.prefix(512).reduce(0) { $0 + (148..<156 ~= $1 ? 32 : Int(huge[$1])) }
        huge.replaceSubrange(
            148..<155, with: Array(String(repeating: "0", count: 6 - String(sum, radix: 8).count).utf8) + Array(String(sum, radix: 8).utf8) + [0])
        expectFormatError(.truncated, .malformed) { try Self.read(huge) }
    }

    @Test func hostile() throws {
        let bytes = TarWriter.member("@LongLink", Array("name".utf8) + [0], kind: "L") + TarWriter.member("a", [1, 2]) + Self.end
        let refused = try countRefusals(ofMutationsOf: bytes) { path in
            let archive = try TarArchive(path: path)
            for member in archive.members { _ = try archive.bytes(of: member) }
        }
        #expect(refused > 500)
    }
}
