/// One block of 512 bytes in front of a member of a tar archive: POSIX ustar, with GNU's numbers and names.
///
/// Source: IEEE Std 1003.1, *pax*, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
struct TarHeader {
    static let blockLength = 512

    enum Kind {
        case file, folder
        /// A symbolic or hard link, a device, a pipe.
        case other
        /// The name of the next member: GNU's as it is, pax among records.
        case longName, records
        /// Belongs to no single member, or says what is not needed: a link's name, global records, a volume's label.
        case ignored
        /// A file of which not all bytes are there.
        case partial
    }

    let kind: Kind
    /// As far as the header has room for it.
    let name: String
    /// In bytes, of what follows the header.
    let length: Int

    /// Whether a block is empty: two of them end an archive.
    static func isEmpty(_ block: [UInt8]) -> Bool { block.allSatisfy { $0 == 0 } }

    /// nil where the block is no header: its check sum is another one, or a number is none.
    init?(_ block: [UInt8]) {
        guard block.count == Self.blockLength, let sum = Self.number(block[148..<156]), sum == Self.checkSum(block),
            let length = Self.number(block[124..<136])
        else { return nil }
        self.length = length
        let prefix = block[257..<262].elementsEqual("ustar".utf8) && block[262] == 0 ? Self.text(block[345..<500]) : ""
        name = (prefix.isEmpty ? "" : prefix + "/") + Self.text(block[0..<100])
        switch block[156] {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = .file
        case UInt8(ascii: "5"): kind = .folder
        case UInt8(ascii: "L"): kind = .longName
        case UInt8(ascii: "x"), UInt8(ascii: "X"): kind = .records
        case UInt8(ascii: "g"), UInt8(ascii: "K"), UInt8(ascii: "V"): kind = .ignored
        case UInt8(ascii: "S"), UInt8(ascii: "M"): kind = .partial
        default: kind = .other
        }
    }

    /// The sum of all bytes, those of the sum itself taken for spaces.
    private static func checkSum(_ block: [UInt8]) -> Int {
        block.indices.reduce(0) { $0 + (148..<156 ~= $1 ? 32 : Int(block[$1])) }
    }

    /// Octal digits between spaces and zeros; or, where the first bit is set, the number itself, the most significant byte first.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80 else { return nil }
            return field.dropFirst().reduce(Int?.some(0)) { sum, byte in
                sum.flatMap { $0 > Int.max >> 9 ? nil : $0 << 8 | Int(byte) }
            }
        }
        let digits = field.drop { $0 == 32 }.prefix { $0 != 0 && $0 != 32 }
        return digits.isEmpty ? 0 : digits.allSatisfy { 48...55 ~= $0 } ? Int(String(decoding: digits, as: UTF8.self), radix: 8) : nil
    }

    static func text(_ field: some Collection<UInt8>) -> String { String(decoding: field.prefix { $0 != 0 }, as: UTF8.self) }

    /// What pax records, lines of `LENGTH KEY=VALUE`, say of the member: its name and length, where they do.
    static func records(_ bytes: [UInt8]) -> (name: String?, length: Int?)? {
        var found: (name: String?, length: Int?) = (nil, nil)
        var rest = bytes[...]
        while let space = rest.firstIndex(of: 32) {
            guard let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length > space - rest.startIndex + 1,
                length <= rest.count
            else { return nil }
            let line = rest[space + 1..<rest.startIndex + length - 1]
            rest = rest[(rest.startIndex + length)...]
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let value = String(decoding: line[(equals + 1)...], as: UTF8.self)
            switch String(decoding: line[..<equals], as: UTF8.self) {
            case "path": found.name = value
            case "size":
                guard let size = Int(value), size >= 0 else { return nil }
                found.length = size
            default: break
            }
        }
        return rest.allSatisfy { $0 == 0 } ? found : nil
    }
}
