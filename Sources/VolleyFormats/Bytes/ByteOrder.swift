/// Which byte of a number comes first in a file.
enum ByteOrder: Sendable {
    case little, big
}

/// Unsigned numbers at a byte offset. The caller has checked that they lie inside the array.
extension [UInt8] {
    @inline(__always)
    func uint16(at offset: Int, _ order: ByteOrder = .little) -> UInt16 {
        let value = UInt16(self[offset]) | UInt16(self[offset + 1]) << 8
        return order == .little ? value : value.byteSwapped
    }

    @inline(__always)
    func uint32(at offset: Int, _ order: ByteOrder = .little) -> UInt32 {
        let low = UInt32(self[offset]) | UInt32(self[offset + 1]) << 8
        let value = low | UInt32(self[offset + 2]) << 16 | UInt32(self[offset + 3]) << 24
        return order == .little ? value : value.byteSwapped
    }

    @inline(__always)
    func uint64(at offset: Int, _ order: ByteOrder = .little) -> UInt64 {
        let value = UInt64(uint32(at: offset)) | UInt64(uint32(at: offset + 4)) << 32
        return order == .little ? value : value.byteSwapped
    }

    /// Appends a number, least significant byte first.
    mutating func append(littleEndian value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}
