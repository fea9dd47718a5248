/// One entry of a zip archive's central directory. Source: PKWARE's APPNOTE.TXT, section 4.3.12.
struct ZipMember: Sendable {
    enum Compression: UInt16 {
        case stored = 0
        case deflated = 8
    }

    static let signature: UInt32 = 0x0201_4B50
    /// The length of an entry without its name, extra fields and comment.
    static let fixedLength = 46

    let name: String
    let compression: Compression
    let checksum: UInt32
    let compressedLength: Int
    let length: Int
    /// Where the local header of the member lies in the file.
    let localHeader: Int

    /// Reads the entry at `position` of the central directory and moves the position behind it.
    /// - Parameter start: where the directory begins in the file.
    init(_ directory: [UInt8], at position: inout Int, start: Int, path: String) throws {
        let entry = position
        func failure(_ code: FormatError.Code, _ message: String) -> FormatError {
            FormatError(code, message, path: path, offset: start + entry)
        }
        guard directory.count - entry >= ZipMember.fixedLength, directory.uint32(at: entry) == ZipMember.signature else {
            throw failure(.malformed, "The zip archive's directory is damaged. Fetch the file again.")
        }
        let nameLength = Int(directory.uint16(at: entry + 28))
        let extraLength = Int(directory.uint16(at: entry + 30))
        let extraStart = entry + ZipMember.fixedLength + nameLength
        position = extraStart + extraLength + Int(directory.uint16(at: entry + 32))
        guard position <= directory.count,
            let name = String(validating: directory[entry + ZipMember.fixedLength..<extraStart], as: UTF8.self)
        else { throw failure(.malformed, "The zip archive's directory is damaged. Fetch the file again.") }
        guard directory.uint16(at: entry + 8) & 1 == 0 else {
            throw failure(.unsupported, "The member \(name.quoted) is encrypted, which is not read.")
        }
        guard let compression = Compression(rawValue: directory.uint16(at: entry + 10)) else {
            let method = directory.uint16(at: entry + 10)
            let known = "only 0 (stored) and 8 (deflate) are read"
            throw failure(.unsupported, "The member \(name.quoted) is compressed by method \(method); \(known).")
        }
        var wide = Zip64Field(directory, extraStart..<extraStart + extraLength)
        guard let length = wide.resolve(directory.uint32(at: entry + 24)),
            let compressedLength = wide.resolve(directory.uint32(at: entry + 20)),
            let localHeader = wide.resolve(directory.uint32(at: entry + 42))
        else { throw failure(.malformed, "The member \(name.quoted) lacks its zip64 sizes, or they are too large.") }
        self.name = name
        self.compression = compression
        checksum = directory.uint32(at: entry + 16)
        self.length = length
        self.compressedLength = compressedLength
        self.localHeader = localHeader
    }
}

/// The extra field that holds the numbers too large for the 32 bits they have elsewhere, in a fixed order.
private struct Zip64Field {
    private let bytes: [UInt8]
    private var position = 0

    /// Finds the field (identifier 1) among the extra fields in `range`.
    init(_ directory: [UInt8], _ range: Range<Int>) {
        var start = range.lowerBound
        while range.upperBound - start >= 4 {
            let end = start + 4 + Int(directory.uint16(at: start + 2))
            guard end <= range.upperBound else { break }
            if directory.uint16(at: start) == 1 {
                bytes = Array(directory[start + 4..<end])
                return
            }
            start = end
        }
        bytes = []
    }

    /// The number itself, or, where it is the mark for "elsewhere", the field's next one; nil where that is missing.
    mutating func resolve(_ number: UInt32) -> Int? {
        guard number == .max else { return Int(number) }
        guard bytes.count - position >= 8 else { return nil }
        defer { position += 8 }
        return Int(exactly: bytes.uint64(at: position))
    }
}
