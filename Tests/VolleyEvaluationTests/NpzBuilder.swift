/// Makes uncompressed `.npz` files of bytes, which the library itself does not write.
struct NpzBuilder {
    private var body: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    /// Adds an array.
    /// - Parameter descr: the element type as NumPy writes it, such as `|u1`.
    mutating func add(_ name: String, descr: String, shape: [Int], data: [UInt8]) {
        let lengths = shape.map { "\($0)," }.joined(separator: " ")
        var header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(lengths)), }"
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var npy: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        npy += Self.bytes(header.utf8.count, 2) + Array(header.utf8) + data
        addMember("\(name).npy", npy)
    }

    /// Adds a file of any kind.
    mutating func addMember(_ name: String, _ content: [UInt8]) {
        let file = Array(name.utf8)
        let start = body.count
        var common = Self.bytes(20, 2) + Self.bytes(0, 8)
        common += Self.bytes(Int(Self.checksum(content)), 4) + Self.bytes(content.count, 4) + Self.bytes(content.count, 4)
        common += Self.bytes(file.count, 2) + Self.bytes(0, 2)
        body += Array("PK".utf8) + [3, 4] + common + file + content
        directory += Array("PK".utf8) + [1, 2] + Self.bytes(20, 2) + common
        directory += Self.bytes(0, 10) + Self.bytes(start, 4) + file
        count += 1
    }

    var bytes: [UInt8] {
        var end = Array("PK".utf8) + [5, 6] + Self.bytes(0, 4) + Self.bytes(count, 2) + Self.bytes(count, 2)
        end += Self.bytes(directory.count, 4) + Self.bytes(body.count, 4) + Self.bytes(0, 2)
        return body + directory + end
    }

    private static func bytes(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var remainder = ~UInt32(0)
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ 0xEDB8_8320 }
        }
        return ~remainder
    }
}
