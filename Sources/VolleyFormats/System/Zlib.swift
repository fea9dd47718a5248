import CLibraryStructs

/// The functions of zlib that are used here, and their status codes.
@safe
struct Zlib: Sendable {
    typealias Initialize =
        @Sendable @convention(c) (UnsafeMutablePointer<zlib_stream>, Int32, UnsafePointer<CChar>, Int32) -> Int32
    typealias Inflate = @Sendable @convention(c) (UnsafeMutablePointer<zlib_stream>, Int32) -> Int32
    typealias Act = @Sendable @convention(c) (UnsafeMutablePointer<zlib_stream>) -> Int32

    static let ok: Int32 = 0
    static let streamEnd: Int32 = 1
    static let bufferError: Int32 = -5

    let inflateInit2: Initialize
    let inflate: Inflate
    let inflateReset: Act
    let inflateEnd: Act

    static let installed = Result { try Zlib() }

    private init() throws {
        let library = try DynamicLibrary(
            "zlib", files: ["libz.so.1", "libz.1.dylib", "libz.dylib"], purpose: "Compressed data",
            debianPackage: "zlib1g", homebrewFormula: "zlib")
        unsafe inflateInit2 = try library.function("inflateInit2_")
        unsafe inflate = try library.function("inflate")
        unsafe inflateReset = try library.function("inflateReset")
        unsafe inflateEnd = try library.function("inflateEnd")
    }
}
