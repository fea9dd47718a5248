/// The checksum of zip archives and PNG: reflected polynomial 0xEDB88320, ISO 3309.
enum CRC32 {
    static func checksum(of bytes: [UInt8]) -> UInt32 {
        let table = table
        var remainder = ~UInt32(0)
        for byte in bytes { remainder = table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ (remainder >> 8) }
        return ~remainder
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { remainder, _ in
            remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ 0xEDB8_8320
        }
    }
}
