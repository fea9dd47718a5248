import CLibraryStructs

/// The simplified interface of libpng.
@safe
struct LibPNG: Sendable {
    /// What the pixels are converted to: bits of libpng's `PNG_FORMAT_`.
    struct PixelFormat: OptionSet {
        let rawValue: UInt32
        static let alpha = PixelFormat(rawValue: 1)
        static let colour = PixelFormat(rawValue: 2)
        /// 16 bits per channel, in the machine's byte order, not reduced.
        static let wide = PixelFormat(rawValue: 4)

        var channels: Int { (contains(.colour) ? 3 : 1) + (contains(.alpha) ? 1 : 0) }
    }

    private typealias Image = UnsafeMutablePointer<png_image>
    private typealias Begin = @Sendable @convention(c) (Image, UnsafePointer<UInt8>, Int) -> Int32
    private typealias Finish =
        @Sendable @convention(c) (
            Image, UnsafeRawPointer?, UnsafeMutableRawPointer, Int32, UnsafeMutableRawPointer?
        ) -> Int32
    private typealias Free = @Sendable @convention(c) (Image) -> Void

    /// `PNG_IMAGE_FLAG_16BIT_sRGB`: 16-bit samples are encoded like 8-bit ones.
    private static let wideIsNotLinear: UInt32 = 4

    static let installed = Result { try LibPNG() }

    private let begin: Begin
    private let finish: Finish
    private let free: Free

    private init() throws {
        let library = try DynamicLibrary(
            "libpng", files: ["libpng16.so.16", "libpng16.16.dylib", "libpng16.dylib"],
            purpose: "Reading PNG files", debianPackage: "libpng16-16", homebrewFormula: "libpng")
        unsafe begin = try library.function("png_image_begin_read_from_memory")
        unsafe finish = try library.function("png_image_finish_read")
        unsafe free = try library.function("png_image_free")
    }

    /// Decodes the pixels, from the top, without padding. A wide sample takes two bytes.
    /// - Parameter width, height: what the header says.
    /// - Throws: `FormatError` (`malformed`) with libpng's message.
    func pixels(
        of bytes: [UInt8], width: Int, height: Int, format: PixelFormat, path: String
    ) throws -> [UInt8] {
        var image = unsafe png_image()
        unsafe image.version = 1
        defer { unsafe free(&image) }
        guard unsafe begin(&image, bytes, bytes.count) != 0, unsafe image.width == width, unsafe image.height == height
        else { throw unsafe failure(image, path) }
        unsafe image.format = format.rawValue
        if !format.contains(.wide) { unsafe image.flags |= LibPNG.wideIsNotLinear }
        let sampleLength = format.contains(.wide) ? 2 : 1
        var pixels = [UInt8](repeating: 0, count: width * height * format.channels * sampleLength)
        // The stride counts samples.
        let stride = Int32(width * format.channels)
        guard unsafe finish(&image, nil, &pixels, stride, nil) != 0 else { throw unsafe failure(image, path) }
        return pixels
    }

    @unsafe
    private func failure(_ image: png_image, _ path: String) -> FormatError {
        let text = unsafe withUnsafeBytes(of: image.message) { unsafe Array($0.prefix { $0 != 0 }) }
        let message = String(decoding: text, as: UTF8.self)
        return FormatError(.malformed, "The PNG file cannot be decoded: \(message). Fetch it again.", path: path)
    }
}
