import VolleyTensors

/// The hash function SHA-256 (FIPS 180-4), fed in pieces.
public struct SHA256: Sendable {
    /// Who computes. The digests are the same.
    public enum Implementation: Sendable, CaseIterable {
        /// libcrypto, on macOS CommonCrypto: about eight times as fast where the processor has instructions for SHA-256.
        case systemLibrary
        /// Code of this package.
        case own
    }

    private var system: SystemSHA256?
    private var own = OwnSHA256()

    /// Computes with the system's library where there is one.
    public init() { system = SystemSHA256() }

    /// Nil where the system has no such library.
    public init?(_ implementation: Implementation) {
        guard implementation == .systemLibrary else { return }
        guard let system = SystemSHA256() else { return nil }
        self.system = system
    }

    /// Adds bytes to the message.
    public mutating func update(_ bytes: [UInt8]) {
        if system != nil { system!.update(bytes) } else { own.update(bytes) }
    }

    /// The digest of the message.
    public consuming func finalize() -> Digest {
        Digest(bytes: system?.finalize() ?? own.finalize())
    }

    public static func digest(of bytes: [UInt8]) -> Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    /// The digest of a file, read a piece at a time.
    /// - Throws: `FormatError` when it cannot be read.
    public static func digest(ofFile path: String) throws -> Digest {
        let file = try InputFile.opening(path)
        let pieceLength = 1 << 20
        var hash = SHA256()
        for start in stride(from: 0, to: file.count, by: pieceLength) {
            hash.update(try file.bytes(start..<min(start + pieceLength, file.count)))
        }
        return hash.finalize()
    }
}
