/// JPEG (ISO/IEC 10918-1) to pixels, by means of TurboJPEG.
enum JPEGDecoder {
    static let signature: [UInt8] = [0xFF, 0xD8]

    static func decode(_ bytes: [UInt8], name: String) throws -> RasterImage {
        let library = try TurboJPEG.installed.get()
        let (header, headerComplaint) = library.header(of: bytes)
        try check(headerComplaint, bytes, name)
        guard let header else {
            throw FormatError(.malformed, "The JPEG file has no valid header. Fetch it again.", path: name)
        }
        try ImageDecoder.checkSize(width: header.width, height: header.height, name: name)
        let format: TurboJPEG.PixelFormat =
            switch header.colours {
            case .grey: .grey
            case .rgb, .yCbCr: .rgb
            case .cmyk, .ycck: .cmyk
            }
        let (pixels, complaint) = library.pixels(
            of: bytes, width: header.width, height: header.height, format: format)
        try check(complaint, bytes, name)
        return RasterImage(
            width: header.width, height: header.height, channels: format == .grey ? 1 : 3,
            pixels: format == .cmyk ? rgb(ofInvertedCMYK: pixels) : pixels)
    }

    /// Warnings that leave the pixels as they should be.
    private static let harmless = ["extraneous bytes before marker", "Unknown Adobe color transform", "JFIF revision"]

    private static func check(_ complaint: TurboJPEG.Complaint?, _ bytes: [UInt8], _ name: String) throws {
        guard let complaint else { return }
        let isHarmless = complaint.isWarning && harmless.contains(where: complaint.message.contains)
        // The library reports its first warning only, and a later one may be that the file is cut short.
        if isHarmless && hasEnd(bytes) { return }
        let message = "The JPEG file is damaged or cut short (\(complaint.message)). Fetch it again."
        throw FormatError(hasEnd(bytes) ? .malformed : .truncated, message, path: name)
    }

    /// Whether an end-of-image marker follows the last start of a scan. Compressed data contains no markers, an embedded
    /// preview lies before the scans.
    private static func hasEnd(_ bytes: [UInt8]) -> Bool {
        for position in stride(from: bytes.count - 2, through: 0, by: -1) where bytes[position] == 0xFF {
            if bytes[position + 1] == 0xD9 { return true }
            if bytes[position + 1] == 0xDA { return false }
        }
        return false
    }

    /// Adobe's programs, and after them everyone, store inks inverted: 255 is none. Each channel is then
    /// `(1 − ink) · (1 − black)`, rounded as Pillow does it: `k − round((255 − c)·k / 255)` for the inverted `c` and `k`.
    private static func rgb(ofInvertedCMYK pixels: [UInt8]) -> [UInt8] {
        var rgb: [UInt8] = []
        rgb.reserveCapacity(pixels.count / 4 * 3)
        for pixel in stride(from: 0, to: pixels.count, by: 4) {
            let black = Int(pixels[pixel + 3])
            for channel in 0..<3 {
                let product = (255 - Int(pixels[pixel + channel])) * black + 128
                rgb.append(UInt8(max(0, black - (product >> 8 + product) >> 8)))
            }
        }
        return rgb
    }
}
