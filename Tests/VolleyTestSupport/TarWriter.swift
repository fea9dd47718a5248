/// Tar archives made by hand, after the manual of the format and apart from what reads them.
public enum TarWriter {
    /// One member of any kind: header, content, and zeros up to a whole block.
    public static func member(_ name: String, _ content: [UInt8], kind: Character = "0", prefix: String = "") -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at place: Int) { for (index, byte) in text.utf8.enumerated() { header[place + index] = byte } }
        func octal(_ number: Int, digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put("0001750", at: 108)
        put("0001750", at: 116)
        put(octal(content.count, digits: 11), at: 124)
        put("14730000000", at: 136)
        put("        ", at: 148)
        put(String(kind), at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put(prefix, at: 345)
        put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6), at: 148)
        header[154] = 0
        return header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// A whole archive of files.
    public static func archive(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
        files.flatMap { member($0.name, $0.content) } + [UInt8](repeating: 0, count: 1024)
    }
}
