import VolleyTensors

/// Reads a zip archive by its central directory. Source: PKWARE's APPNOTE.TXT, section 4.3.
struct ZipArchive: Sendable {
    let members: [ZipMember]
    private let file: InputFile
    private let positions: [String: Int]

    var path: String { file.path }

    func member(_ name: String) -> ZipMember? { positions[name].map { members[$0] } }

    init(path: String) throws {
        file = try InputFile.opening(path)
        let directory = try ZipDirectory(of: file)
        let bytes = try file.bytes(directory.range)
        var members: [ZipMember] = []
        var positions: [String: Int] = [:]
        var position = 0
        while position < bytes.count {
            let member = try ZipMember(bytes, at: &position, start: directory.range.lowerBound, path: path)
            guard positions.updateValue(members.count, forKey: member.name) == nil else {
                let message = "The zip archive has two members of the name \(member.name.quoted)."
                throw FormatError(.malformed, message, path: path)
            }
            members.append(member)
        }
        guard members.count == directory.memberCount else {
            let message = "The zip archive announces \(directory.memberCount) members and lists \(members.count)."
            throw FormatError(.malformed, message, path: path)
        }
        self.members = members
        self.positions = positions
    }

    /// The member's bytes, decompressed and verified.
    func data(of member: ZipMember) throws -> [UInt8] {
        let start = try dataStart(of: member)
        guard member.compressedLength <= file.count - start else {
            let message = "The member \(member.name.quoted) reaches beyond the file's end. Fetch the file again."
            throw FormatError(.truncated, message, path: path, offset: start)
        }
        var data = try file.bytes(start..<start + member.compressedLength)
        if member.compression == .deflated {
            var inflater = try Inflater(data, .raw, path: "\(path)/\(member.name)")
            data = try inflater.read(member.length)
            try inflater.expectEnd()
        }
        guard data.count == member.length, CRC32.checksum(of: data) == member.checksum else {
            let problem = "is damaged: its length or checksum is wrong. Fetch the file again."
            let message = "The member \(member.name.quoted) \(problem)"
            throw FormatError(.malformed, message, path: path, offset: start)
        }
        return data
    }

    /// The data follows the local header, whose name and extra fields may have other lengths than in the directory.
    private func dataStart(of member: ZipMember) throws -> Int {
        let fixedLength = 30
        let start = member.localHeader
        if start <= file.count - fixedLength {
            let header = try file.bytes(start..<start + fixedLength)
            let end = start + fixedLength + Int(header.uint16(at: 26)) + Int(header.uint16(at: 28))
            if header.uint32(at: 0) == 0x0403_4B50 && end <= file.count { return end }
        }
        let message = "The member \(member.name.quoted) does not lie where the zip archive's directory says."
        throw FormatError(.malformed, message, path: path, offset: start)
    }
}
