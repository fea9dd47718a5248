import VolleyFormats

/// What tells a sample from others: the number of its bytes and the first 8 bytes of their SHA-256.
///
/// Written as `3073:0123456789abcdef`.
public struct SampleDigest: Hashable, Sendable, LosslessStringConvertible {
    public let byteCount: Int
    public let hash: UInt64

    public init(of bytes: [UInt8]) {
        byteCount = bytes.count
        hash = SHA256.digest(of: bytes).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Of what is fed to a network for one sample: the elements of each input as 4 bytes, least significant first.
    /// - Parameter values: by input, in the order of the inputs' names.
    public init(ofInputs values: [ArraySlice<Float>]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * values.reduce(0) { $0 + $1.count })
        for value in values.joined() {
            let bits = value.bitPattern
            for shift in stride(from: 0 as UInt32, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits &>> shift)) }
        }
        self.init(of: bytes)
    }

    public init?(_ description: String) {
        let parts = description.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let byteCount = Int(parts[0]), byteCount >= 0, let hash = UInt64(parts[1], radix: 16)
        else { return nil }
        self.byteCount = byteCount
        self.hash = hash
        guard self.description == description else { return nil }
    }

    public var description: String {
        let digits = String(hash, radix: 16)
        return "\(byteCount):" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
