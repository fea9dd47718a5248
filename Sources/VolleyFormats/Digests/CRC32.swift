/// The checksum of zip archives and PNG: reflected polynomial 0xEDB88320, ISO 3309.
struct CRC32 {
    private var remainder = ~UInt32(0)

    /// Of the bytes so far.
    var checksum: UInt32 { ~remainder }

    mutating func update(with bytes: [UInt8]) {
        let table = Self.table
        var remainder = remainder
        for byte in bytes { remainder = table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ (remainder >> 8) }
        self.remainder = remainder
    }

    static func checksum(of bytes: [UInt8]) -> UInt32 {
        var sum = CRC32()
        sum.update(with: bytes)
        return sum.checksum
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { remainder, _ in
            remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ 0xEDB8_8320
        }
    }
}
