import VolleyTensors

/// Decodes JPEG and PNG files to the pixels that Pillow's `Image.open(…).convert("RGB")` gives.
///
/// Grey images keep one channel. Transparency is dropped, not blended; colour profiles, gamma and the EXIF orientation are
/// not applied. The decoders are system libraries, which are looked for when the first image is decoded.
public enum ImageDecoder {
    /// The most pixels that are decoded.
    public static let largestPixelCount = 100_000_000

    /// Decodes a file, whatever its name says.
    /// - Throws: `FormatError`.
    public static func decode(contentsOf path: String) throws -> RasterImage {
        try decode(InputFile.opening(path).allBytes, name: path)
    }

    /// Decodes the bytes of a file.
    /// - Parameter name: stands in the errors in place of a path.
    /// - Throws: `FormatError`; also where the image is damaged or incomplete.
    public static func decode(_ bytes: [UInt8], name: String) throws -> RasterImage {
        if bytes.starts(with: JPEGDecoder.signature) { return try JPEGDecoder.decode(bytes, name: name) }
        if bytes.starts(with: PNGDecoder.signature) { return try PNGDecoder.decode(bytes, name: name) }
        let found = bytes.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        let message = """
            The file is neither JPEG nor PNG: it begins with \(found.isEmpty ? "nothing" : found.joined(separator: " ")). \
            Convert it.
            """
        throw FormatError(bytes.isEmpty ? .truncated : .unsupported, message, path: name, offset: 0)
    }

    /// - Throws: `FormatError` (`tooLarge`).
    static func checkSize(width: Int, height: Int, name: String) throws {
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, count <= largestPixelCount else {
            let message = "The image has \(width) × \(height) pixels; at most \(largestPixelCount) are decoded. Shrink it."
            throw FormatError(.tooLarge, message, path: name)
        }
    }
}
