import Foundation
import Testing
import VolleyFormats
import VolleyTestSupport

/// A committed JSON object.
func fixtureObject(_ relative: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(filePath: Fixture.path(relative)))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
}

/// Calls `body` with an empty folder that exists until it returns.
func withTemporaryDirectory<Result>(_ body: (_ folder: URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "volley-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// Calls `body` with the path of a file of these bytes.
func withTemporaryFile<Result>(
    _ bytes: [UInt8], named name: String = "file", _ body: (_ path: String) throws -> Result
) throws -> Result {
    try withTemporaryDirectory { folder in
        let url = folder.appending(path: name)
        try Data(bytes).write(to: url)
        return try body(url.path(percentEncoded: false))
    }
}

/// Expects that `body` throws a `FormatError` of one of these codes whose description contains `text`.
func expectFormatError(
    _ codes: FormatError.Code..., mentioning text: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> some Any
) {
    let error = #expect(throws: FormatError.self, sourceLocation: sourceLocation) { _ = try body() }
    guard let error else { return }
    #expect(codes.contains(error.code), "\(error)", sourceLocation: sourceLocation)
    #expect(text.isEmpty || error.description.contains(text), "\(error)", sourceLocation: sourceLocation)
}

/// Writes each byte of `bytes` over with several values in turn and reads the file: it must be read or refused, not crash.
/// Returns how many of the files were refused.
func countRefusals(
    ofMutationsOf bytes: [UInt8], read: (_ path: String) throws -> Void
) throws -> Int {
    try withTemporaryDirectory { folder in
        let url = folder.appending(path: "mutated")
        var refusals = 0
        for position in bytes.indices {
            for value in [0, 0x7F, 0xFF, bytes[position] ^ 1] where value != bytes[position] {
                var mutated = bytes
                mutated[position] = value
                try Data(mutated).write(to: url)
                do {
                    try read(url.path(percentEncoded: false))
                } catch is FormatError {
                    refusals += 1
                }
            }
        }
        return refusals
    }
}

/// Reads every proper prefix of a file; none may be accepted.
func expectRefusal(ofPrefixesOf bytes: [UInt8], read: (_ path: String) throws -> Void) throws {
    try withTemporaryDirectory { folder in
        let url = folder.appending(path: "cut")
        for length in bytes.indices {
            try Data(bytes[..<length]).write(to: url)
            #expect(throws: FormatError.self, "cut after \(length) bytes") { try read(url.path(percentEncoded: false)) }
        }
    }
}

extension [UInt8] {
    /// A number, least significant byte first.
    init(littleEndian value: some FixedWidthInteger) {
        self = stride(from: 0, to: value.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// A number, most significant byte first.
    init(bigEndian value: some FixedWidthInteger) { self = [UInt8](littleEndian: value).reversed() }
}
