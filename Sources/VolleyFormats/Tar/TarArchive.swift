internal import VolleyTensors

/// The files of a tar archive that is not compressed: where they lie is read once, what is in them when it is asked for.
public struct TarArchive: Sendable {
    public struct Member: Sendable, Hashable {
        public let name: String
        /// Where its bytes lie in the archive.
        public let range: Range<Int>
    }

    public var path: String { file.path }
    /// The files, in the archive's order.
    public private(set) var members: [Member] = []
    /// The names of links and other members that are no files; folders are not among them.
    public private(set) var others: [String] = []
    private let file: InputFile

    /// The length of a name that is believed, in bytes.
    private static let longestName = 1 << 16

    /// - Throws: `FormatError` where the file is no tar archive, ends too early, or holds only parts of a file.
    public init(path: String) throws {
        file = try InputFile.opening(path)
        var (place, name, length) = (0, String?.none, Int?.none)
        // Empty blocks end an archive; behind them another one may begin, where several were put one behind the other.
        var isEnded = false
        while place < file.count, !isEnded || file.count - place >= TarHeader.blockLength {
            let block = try bytes(place, TarHeader.blockLength, of: "a header")
            isEnded = TarHeader.isEmpty(block)
            if isEnded {
                place += TarHeader.blockLength
                continue
            }
            guard let header = TarHeader(block) else {
                let message =
                    place == 0
                    ? "This is no tar archive, or a compressed one: unpack it, for example with gunzip."
                    : "There is no header where the next member should begin: the archive is damaged; make it anew."
                throw FormatError(.malformed, message, path: path, offset: place)
            }
            let count = header.kind == .file ? length ?? header.length : header.length
            let start = place + TarHeader.blockLength
            guard count <= file.count - start else { throw truncated(name ?? header.name, count) }
            switch header.kind {
            case .file:
                let name = name ?? header.name
                // Old programs have no other word for a folder.
                if !name.hasSuffix("/") || count > 0 { members.append(Member(name: name, range: start..<start + count)) }
            case .longName, .records:
                guard count <= Self.longestName else {
                    throw FormatError(.tooLarge, "A name has \(count) bytes; at most \(Self.longestName) are read.", path: path, offset: place)
                }
                let content = try bytes(start, count, of: "a name")
                if header.kind == .longName {
                    name = TarHeader.text(content)
                } else {
                    guard let records = TarHeader.records(content) else {
                        throw FormatError(.malformed, "The records of a member are damaged; make the archive anew.", path: path, offset: start)
                    }
                    (name, length) = (records.name ?? name, records.length)
                }
            case .partial:
                let message = "The member \((name ?? header.name).quoted) is a sparse file or a part of one, which is not read; pack it whole."
                throw FormatError(.unsupported, message, path: path, offset: place)
            case .other: others.append(name ?? header.name)
            case .folder, .ignored: break
            }
            if ![.longName, .records, .ignored].contains(header.kind) { (name, length) = (nil, nil) }
            place = start + (count + TarHeader.blockLength - 1) / TarHeader.blockLength * TarHeader.blockLength
        }
    }

    /// What is in a file.
    /// - Throws: `FileError` where the archive has become shorter or cannot be read.
    public func bytes(of member: Member) throws -> [UInt8] { try file.bytes(member.range) }

    private func bytes(_ start: Int, _ count: Int, of what: String) throws -> [UInt8] {
        guard count <= file.count - start else { throw truncated(what, count) }
        return try file.bytes(start..<start + count)
    }

    private func truncated(_ what: String, _ count: Int) -> FormatError {
        FormatError(.truncated, "The archive ends within \(what.quoted) of \(count) bytes. Fetch it again.", path: path, offset: file.count)
    }
}
