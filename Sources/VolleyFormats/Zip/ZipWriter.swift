/// Writes a zip archive without compression and without zip64.
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

    mutating func add(_ data: [UInt8], name: String) throws {
        let nameBytes = Array(name.utf8)
        guard nameBytes.count <= UInt16.max, memberCount < UInt16.max,
            position + directory.count + data.count + 3 * nameBytes.count + 1024 < UInt32.max
        else {
            let message = "The archive would exceed 4 GiB, 65 535 members or a name's 65 535 bytes. Write several files."
            throw FormatError(.tooLarge, message, path: path)
        }
        var common: [UInt8] = []
        common.append(littleEndian: UInt16(20))  // version 2.0 of the format is needed to read it
        common.append(littleEndian: UInt16(1 << 11))  // names are UTF-8
        common.append(littleEndian: ZipMember.Compression.stored.rawValue)
        common.append(littleEndian: UInt32(0x0021_0000))  // 1980-01-01, so that the bytes do not depend on the time
        common.append(littleEndian: CRC32.checksum(of: data))
        common.append(littleEndian: UInt32(data.count))
        common.append(littleEndian: UInt32(data.count))
        common.append(littleEndian: UInt16(nameBytes.count))
        common.append(littleEndian: UInt16(0))  // no extra fields

        var local: [UInt8] = []
        local.append(littleEndian: UInt32(0x0403_4B50))
        local += common + nameBytes
        directory.append(littleEndian: ZipMember.signature)
        directory.append(littleEndian: UInt16(20))
        directory += common
        directory += [UInt8](repeating: 0, count: 10)  // no comment, first disk, no attributes
        directory.append(littleEndian: UInt32(position))
        directory += nameBytes
        memberCount += 1
        position += local.count + data.count
        try file.append(local)
        try file.append(data)
    }

    func finish() throws {
        var end: [UInt8] = []
        end.append(littleEndian: UInt32(0x0605_4B50))
        end.append(littleEndian: UInt32(0))  // one disk
        end.append(littleEndian: UInt16(memberCount))
        end.append(littleEndian: UInt16(memberCount))
        end.append(littleEndian: UInt32(directory.count))
        end.append(littleEndian: UInt32(position))
        end.append(littleEndian: UInt16(0))  // no comment
        try file.append(directory + end)
    }
}
