/// The functions of the TurboJPEG C API that are used here; they are in every version from 2.0 on.
@safe
struct TurboJPEG: Sendable {
    /// What the file's header says.
    struct Header {
        let width: Int
        let height: Int
        let colours: ColourSpace
    }

    /// TurboJPEG's `TJCS`.
    enum ColourSpace: Int32 {
        case rgb = 0
        case yCbCr, grey, cmyk, ycck
    }

    /// TurboJPEG's `TJPF`: what the pixels are converted to.
    enum PixelFormat: Int32 {
        case rgb = 0
        case grey = 6
        case cmyk = 11

        var channels: Int {
            switch self {
            case .grey: 1
            case .rgb: 3
            case .cmyk: 4
            }
        }
    }

    /// What the library objects to; a decoder that only warns has done what it could.
    struct Complaint {
        let message: String
        let isWarning: Bool
    }

    private typealias Handle = UnsafeMutableRawPointer
    private typealias Create = @Sendable @convention(c) () -> Handle?
    private typealias Destroy = @Sendable @convention(c) (Handle) -> Int32
    private typealias ReadHeader =
        @Sendable @convention(c) (
            Handle, UnsafePointer<UInt8>, CUnsignedLong, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>,
            UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>
        ) -> Int32
    private typealias Decompress =
        @Sendable @convention(c) (
            Handle, UnsafePointer<UInt8>, CUnsignedLong, UnsafeMutablePointer<UInt8>, Int32, Int32, Int32, Int32, Int32
        ) -> Int32
    private typealias ErrorText = @Sendable @convention(c) (Handle) -> UnsafePointer<CChar>?
    private typealias ErrorCode = @Sendable @convention(c) (Handle) -> Int32

    /// `TJFLAG_LIMITSCANS`: refuse progressive files of more than 500 scans, which take for ever. Everything else is left
    /// at its default, the exact inverse transform and smooth chroma, so that pixels equal those of other users of libjpeg.
    private static let flags: Int32 = 1 << 15

    static let installed = Result { try TurboJPEG() }

    private let create: Create
    private let destroy: Destroy
    private let readHeader: ReadHeader
    private let decompress: Decompress
    private let errorText: ErrorText
    private let errorCode: ErrorCode

    private init() throws {
        let library = try DynamicLibrary(
            "TurboJPEG", files: ["libturbojpeg.so.0", "libturbojpeg.0.dylib", "libturbojpeg.dylib"],
            purpose: "Reading JPEG files", debianPackage: "libturbojpeg0 (on Ubuntu libturbojpeg)", homebrewFormula: "jpeg-turbo")
        unsafe create = try library.function("tjInitDecompress")
        unsafe destroy = try library.function("tjDestroy")
        unsafe readHeader = try library.function("tjDecompressHeader3")
        unsafe decompress = try library.function("tjDecompress2")
        unsafe errorText = try library.function("tjGetErrorStr2")
        unsafe errorCode = try library.function("tjGetErrorCode")
    }

    /// Reads a header; nil for the header where there is none.
    func header(of bytes: [UInt8]) -> (header: Header?, complaint: Complaint?) {
        guard let handle = unsafe create() else { return (nil, TurboJPEG.outOfMemory) }
        defer { _ = unsafe destroy(handle) }
        var (width, height, subsampling, colours): (Int32, Int32, Int32, Int32) = (0, 0, 0, -1)
        let status = unsafe readHeader(
            handle, bytes, CUnsignedLong(bytes.count), &width, &height, &subsampling, &colours)
        let complaint = unsafe status == 0 ? nil : complaint(handle)
        guard width > 0, height > 0, let colours = ColourSpace(rawValue: colours) else { return (nil, complaint) }
        return (Header(width: Int(width), height: Int(height), colours: colours), complaint)
    }

    /// Decodes the pixels, from the top, without padding.
    func pixels(
        of bytes: [UInt8], width: Int, height: Int, format: PixelFormat
    ) -> (pixels: [UInt8], complaint: Complaint?) {
        guard let handle = unsafe create() else { return ([], TurboJPEG.outOfMemory) }
        defer { _ = unsafe destroy(handle) }
        var pixels = [UInt8](repeating: 0, count: width * height * format.channels)
        // A pitch of 0 means rows without padding.
        let status = unsafe decompress(
            handle, bytes, CUnsignedLong(bytes.count), &pixels, Int32(width), 0, Int32(height), format.rawValue,
            TurboJPEG.flags)
        return (pixels, unsafe status == 0 ? nil : complaint(handle))
    }

    private static let outOfMemory = Complaint(message: "no memory is left", isWarning: false)

    @unsafe
    private func complaint(_ handle: Handle) -> Complaint {
        let text = unsafe errorText(handle)
        let message = unsafe text.map { unsafe String(cString: $0) } ?? "unknown error"
        return Complaint(message: message, isWarning: unsafe errorCode(handle) == 0)
    }
}
