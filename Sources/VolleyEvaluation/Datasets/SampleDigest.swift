import VolleyFormats

/// What tells a sample from others: the number of its stored bytes and the first 8 bytes of their SHA-256.
///
/// Written as `3073:0123456789abcdef`.
public struct SampleDigest: Hashable, Sendable, LosslessStringConvertible {
    public let byteCount: Int
    public let hash: UInt64

    public init(of bytes: [UInt8]) {
        byteCount = bytes.count
        hash = SHA256.digest(of: bytes).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    public init?(_ description: String) {
        let parts = description.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 16, let byteCount = Int(parts[0]), byteCount >= 0,
            let hash = UInt64(parts[1], radix: 16)
        else { return nil }
        self.byteCount = byteCount
        self.hash = hash
    }

    public var description: String {
        let digits = String(hash, radix: 16)
        return "\(byteCount):" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
