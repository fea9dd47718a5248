/// PNG (ISO/IEC 15948) to pixels, by means of libpng.
///
/// Of 16-bit samples the upper byte is taken; with transparency they are rounded to 8 bits instead.
enum PNGDecoder {
    static let signature = PNGChunks.signature

    static func decode(_ bytes: [UInt8], name: String) throws -> RasterImage {
        let chunks = try PNGChunks(bytes, name: name)
        let (width, height) = (chunks.width, chunks.height)
        try ImageDecoder.checkSize(width: width, height: height, name: name)
        guard chunks.leastLength <= chunks.essential.count else {
            let message = "\(chunks.essential.count) bytes cannot hold \(width) × \(height) pixels. Fetch the file again."
            throw FormatError(.truncated, message, path: name)
        }
        var format: LibPNG.PixelFormat = chunks.hasColour ? .colour : []
        if chunks.hasAlpha {
            // Without this the library would blend the image with a background.
            format.insert(.alpha)
        } else if chunks.bitDepth == 16 {
            format.insert(.wide)
        }
        let library = try LibPNG.installed.get()
        let decoded = try library.pixels(
            of: chunks.essential, width: width, height: height, format: format, path: name)
        return RasterImage(
            width: width, height: height, channels: chunks.hasColour ? 3 : 1, pixels: opaque(decoded, format))
    }

    /// Drops the alpha channel, and the lower bytes.
    private static func opaque(_ pixels: [UInt8], _ format: LibPNG.PixelFormat) -> [UInt8] {
        if format.contains(.wide) {
            return stride(from: 0, to: pixels.count, by: 2).map { UInt8(pixels.uint16(at: $0) >> 8) }
        }
        guard format.contains(.alpha) else { return pixels }
        var result: [UInt8] = []
        result.reserveCapacity(pixels.count)
        for pixel in stride(from: 0, to: pixels.count, by: format.channels) {
            result += pixels[pixel..<pixel + format.channels - 1]
        }
        return result
    }
}
