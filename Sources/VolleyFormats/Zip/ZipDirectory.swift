import VolleyTensors

/// Where the central directory of a zip archive lies: what the record at the end of the file says.
struct ZipDirectory {
    let range: Range<Int>
    let memberCount: Int

    /// The length of the record at the end, without its comment.
    private static let endLength = 22
    private static let wideLocatorLength = 20
    private static let wideEndLength = 56

    init(of file: InputFile) throws {
        let end = try ZipDirectory.endRecord(of: file)
        let record = try file.bytes(end..<end + ZipDirectory.endLength)
        var count = UInt64(record.uint16(at: 10))
        var length = UInt64(record.uint32(at: 12))
        var start = UInt64(record.uint32(at: 16))
        if let wide = try ZipDirectory.wideEndRecord(of: file, before: end) {
            if count == UInt16.max { count = wide.uint64(at: 32) }
            if length == UInt32.max { length = wide.uint64(at: 40) }
            if start == UInt32.max { start = wide.uint64(at: 48) }
        }
        guard start <= end, length <= UInt64(end) - start, count <= length / UInt64(ZipMember.fixedLength) else {
            let message = "The zip archive's directory does not lie inside the file. Fetch the file again."
            throw FormatError(.malformed, message, path: file.path, offset: end)
        }
        range = Int(start)..<Int(start + length)
        memberCount = Int(count)
    }

    /// The last place where the record can start: only a comment follows it, and its length must fit.
    private static func endRecord(of file: InputFile) throws -> Int {
        let tailStart = max(0, file.count - endLength - Int(UInt16.max))
        let tail = try file.bytes(tailStart..<file.count)
        for start in stride(from: tail.count - endLength, through: 0, by: -1)
        where tail.uint32(at: start) == 0x0605_4B50 {
            if start + endLength + Int(tail.uint16(at: start + 20)) == tail.count { return tailStart + start }
        }
        let message = "The file is no zip archive, or it is cut short: it lacks the directory at its end. Fetch it again."
        throw FormatError(.truncated, message, path: file.path)
    }

    /// The zip64 record, which a locator in front of the ordinary record points at.
    private static func wideEndRecord(of file: InputFile, before end: Int) throws -> [UInt8]? {
        guard end >= wideLocatorLength else { return nil }
        let locator = try file.bytes(end - wideLocatorLength..<end)
        guard locator.uint32(at: 0) == 0x0706_4B50, let start = Int(exactly: locator.uint64(at: 8)),
            start <= end - wideLocatorLength - wideEndLength
        else { return nil }
        let record = try file.bytes(start..<start + wideEndLength)
        return record.uint32(at: 0) == 0x0606_4B50 ? record : nil
    }
}
