import VolleyTensors

/// The content of a file from its start on, decompressed if the file is a gzip file.
struct ByteSource: ~Copyable {
    private let file: InputFile
    private var position = 0
    private var inflater: Inflater?

    init(path: String) throws {
        let file = try InputFile.opening(path)
        let inflater = try ByteSource.inflater(for: file)
        self.file = file
        self.inflater = inflater
    }

    private static func inflater(for file: InputFile) throws -> Inflater? {
        let isCompressed = try file.count >= 2 && file.bytes(0..<2) == [0x1F, 0x8B]
        return isCompressed ? try Inflater(try file.allBytes, .gzip, path: file.path) : nil
    }

    /// The next `count` bytes.
    /// - Throws: `FormatError` where there are fewer.
    mutating func read(_ count: Int) throws -> [UInt8] {
        if inflater != nil { return try inflater!.read(count) }
        guard count <= file.count - position else {
            let message = """
                \(count) bytes are expected here, but only \(file.count - position) are left. Fetch the file again.
                """
            throw FormatError(.truncated, message, path: file.path, offset: position)
        }
        defer { position += count }
        return try file.bytes(position..<position + count)
    }

    /// - Throws: `FormatError` (`malformed`) where anything follows.
    mutating func expectEnd() throws {
        if inflater != nil { return try inflater!.expectEnd() }
        guard position == file.count else {
            let message = "\(file.count - position) bytes follow the end of what the file announces."
            throw FormatError(.malformed, message, path: file.path, offset: position)
        }
    }
}
