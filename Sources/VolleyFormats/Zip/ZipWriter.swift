internal import VolleyTensors

/// Writes a zip archive without compression. Numbers that 32 bits do not hold stand in zip64 records, and only these do.
///
/// Source: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3.
struct ZipWriter {
    private let file: AtomicFile
    private let path: String
    private var directory: [UInt8] = []
    private var memberCount = 0
    private var position = 0

    init(_ file: AtomicFile, path: String) {
        self.file = file
        self.path = path
    }

    /// Adds a member.
    /// - Throws: `FormatError`: `tooLarge` for a name of more than 65 535 bytes; `writeFailed`.
    mutating func add(_ data: [UInt8], name: String) throws {
        try begin(name, length: data.count, checksum: CRC32.checksum(of: data))
        try file.append(data)
    }

    /// Adds what a file holds, piece by piece.
    /// - Throws: `FormatError`: `tooLarge` for a name of more than 65 535 bytes; `writeFailed`; what reading the file throws.
    mutating func add(contentsOf source: InputFile, name: String) throws {
        var sum = CRC32()
        try Self.forEachPiece(of: source) { sum.update(with: $0) }
        try begin(name, length: source.count, checksum: sum.checksum)
        try Self.forEachPiece(of: source) { try file.append($0) }
    }

    private static func forEachPiece(of source: InputFile, _ body: ([UInt8]) throws -> Void) throws {
        let size = 1 << 22
        for start in stride(from: 0, to: source.count, by: size) { try body(try source.bytes(start..<min(source.count, start + size))) }
    }

    /// Writes a member's local header and its entry in the directory.
    private mutating func begin(_ name: String, length: Int, checksum: UInt32) throws {
        let name = Array(name.utf8)
        guard name.count <= UInt16.max else {
            throw FormatError(.tooLarge, "A name in the archive has \(name.count) bytes; at most 65 535 fit.", path: path)
        }
        let wideLength = Self.narrow(length) == nil, wideStart = Self.narrow(position) == nil
        func common(_ extra: [UInt8]) -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.append(littleEndian: UInt16(extra.isEmpty ? 20 : 45))  // the version of the format that is needed to read it
            bytes.append(littleEndian: UInt16(1 << 11))  // names are UTF-8
            bytes.append(littleEndian: ZipMember.Compression.stored.rawValue)
            bytes.append(littleEndian: UInt32(0x0021_0000))  // 1980-01-01, so that the bytes do not depend on the time
            bytes.append(littleEndian: checksum)
            bytes.append(littleEndian: Self.narrow(length) ?? .max)
            bytes.append(littleEndian: Self.narrow(length) ?? .max)
            bytes.append(littleEndian: UInt16(name.count))
            bytes.append(littleEndian: UInt16(extra.count))
            return bytes
        }
        let localExtra = Self.wideField(wideLength ? [length, length] : [])
        let extra = Self.wideField((wideLength ? [length, length] : []) + (wideStart ? [position] : []))

        var local: [UInt8] = []
        local.append(littleEndian: UInt32(0x0403_4B50))
        local += common(localExtra) + name + localExtra
        directory.append(littleEndian: ZipMember.signature)
        directory.append(littleEndian: UInt16(extra.isEmpty ? 20 : 45))
        directory += common(extra)
        directory += [UInt8](repeating: 0, count: 10)  // no comment, first disk, no attributes
        directory.append(littleEndian: Self.narrow(position) ?? .max)
        directory += name + extra
        memberCount += 1
        position += local.count + length
        try file.append(local)
    }

    /// Writes the directory.
    /// - Throws: `FormatError` (`writeFailed`).
    func finish() throws {
        var end: [UInt8] = []
        let isWide = memberCount >= UInt16.max || Self.narrow(position) == nil || Self.narrow(directory.count) == nil
        if isWide {
            end.append(littleEndian: UInt32(0x0606_4B50))
            end.append(littleEndian: UInt64(44))  // what follows of this record
            end.append(littleEndian: UInt16(45))
            end.append(littleEndian: UInt16(45))
            end.append(littleEndian: UInt64(0))  // one disk
            end.append(littleEndian: UInt64(memberCount))
            end.append(littleEndian: UInt64(memberCount))
            end.append(littleEndian: UInt64(directory.count))
            end.append(littleEndian: UInt64(position))
            end.append(littleEndian: UInt32(0x0706_4B50))
            end.append(littleEndian: UInt32(0))
            end.append(littleEndian: UInt64(position + directory.count))
            end.append(littleEndian: UInt32(1))
        }
        let count = memberCount >= UInt16.max ? UInt16.max : UInt16(memberCount)
        end.append(littleEndian: UInt32(0x0605_4B50))
        end.append(littleEndian: UInt32(0))  // one disk
        end.append(littleEndian: count)
        end.append(littleEndian: count)
        end.append(littleEndian: Self.narrow(directory.count) ?? .max)
        end.append(littleEndian: Self.narrow(position) ?? .max)
        end.append(littleEndian: UInt16(0))  // no comment
        try file.append(directory + end)
    }

    /// A number in 32 bits; nil where it needs more, for their largest value means that it stands elsewhere.
    private static func narrow(_ number: Int) -> UInt32? { number < Int(UInt32.max) ? UInt32(number) : nil }

    /// The extra field of numbers that need 64 bits; nothing for none.
    private static func wideField(_ numbers: [Int]) -> [UInt8] {
        if numbers.isEmpty { return [] }
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt16(1))
        bytes.append(littleEndian: UInt16(8 * numbers.count))
        for number in numbers { bytes.append(littleEndian: UInt64(number)) }
        return bytes
    }
}
