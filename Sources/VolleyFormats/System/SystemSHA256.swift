import CLibraryStructs

/// SHA-256 as the system's library computes it: libcrypto (OpenSSL), on macOS CommonCrypto.
///
/// Both libraries have the same three functions on a context that is plain memory, so a copy of this value is a copy of the hash.
/// OpenSSL advises new programs to use its newer interface, which allocates; all its versions and likes have this one.
@safe
struct SystemSHA256: Sendable {
    private let library: Library
    private var context: sha256_context

    /// Nil where there is no library.
    init?() {
        guard let library = Library.installed else { return nil }
        self.library = library
        context = sha256_context()
        _ = unsafe library.start(&context)
    }

    mutating func update(_ bytes: [UInt8]) {
        // CommonCrypto counts in 32 bits.
        let longestPiece = 1 << 30
        unsafe bytes.withUnsafeBytes { buffer in
            for start in stride(from: 0, to: buffer.count, by: longestPiece) {
                let length = min(buffer.count - start, longestPiece)
                _ = unsafe library.update(&context, buffer.baseAddress! + start, Library.Length(length))
            }
        }
    }

    /// The 32 bytes of the digest.
    consuming func finalize() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = unsafe library.finish(&digest, &context)
        return digest
    }

    @safe
    private struct Library: Sendable {
        #if canImport(Darwin)
        typealias Length = UInt32
        private static let files = ["/usr/lib/libSystem.B.dylib"]
        private static let prefix = "CC_SHA256_"
        #else
        typealias Length = Int
        private static let files = ["libcrypto.so.3", "libcrypto.so.1.1"]
        private static let prefix = "SHA256_"
        #endif

        let start: @Sendable @convention(c) (UnsafeMutablePointer<sha256_context>) -> Int32
        let update: @Sendable @convention(c) (UnsafeMutablePointer<sha256_context>, UnsafeRawPointer, Length) -> Int32
        let finish: @Sendable @convention(c) (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<sha256_context>) -> Int32

        /// Nil where the library or one of the functions is missing: that is no error, for ``OwnSHA256`` does the same.
        static let installed = try? Library()

        private init() throws {
            let library = try DynamicLibrary(
                "libcrypto", files: Self.files, purpose: "SHA-256", debianPackage: "libssl3", homebrewFormula: "openssl")
            unsafe start = try library.function(Self.prefix + "Init")
            unsafe update = try library.function(Self.prefix + "Update")
            unsafe finish = try library.function(Self.prefix + "Final")
        }
    }
}
