/// The parts of a PNG file.
///
/// Only the essential ones (header, palette, data, end) are kept: gamma, colour profiles and transparency would make libpng
/// change the pixels, and texts cost time.
struct PNGChunks {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    let width: Int
    let height: Int
    let bitDepth: Int
    let hasColour: Bool
    let hasAlpha: Bool
    private let hasPalette: Bool
    /// The file without everything that is not essential.
    let essential: [UInt8]

    /// The fewest bytes that can hold the pixels: deflate never shrinks anything to less than one part in 1032.
    var leastLength: Int {
        let channels = hasColour && !hasPalette ? 3 : 1
        return (width * (channels + (hasAlpha ? 1 : 0)) * bitDepth + 7) / 8 * height / 1032
    }

    init(_ bytes: [UInt8], name: String) throws {
        let truncated = FormatError(.truncated, "The PNG file is cut short. Fetch it again.", path: name)
        // Each chunk has a length, a name of four bytes, the data and a checksum.
        let frameLength = 12
        var essential = PNGChunks.signature
        var position = PNGChunks.signature.count
        var chunkName = ""
        while chunkName != "IEND" {
            guard bytes.count - position >= frameLength else { throw truncated }
            let length = Int(bytes.uint32(at: position, .big))
            guard length <= bytes.count - position - frameLength else { throw truncated }
            chunkName = String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
            if position == PNGChunks.signature.count && (chunkName != "IHDR" || length != 13) {
                let message = "The PNG file does not begin with a header. Fetch it again."
                throw FormatError(.malformed, message, path: name, offset: position)
            }
            let end = position + frameLength + length
            // A capital letter marks a chunk without which the image cannot be understood.
            if bytes[position + 4] & 0x20 == 0 {
                // libpng does not get to see the checksum of the last part of the data.
                guard CRC32.checksum(of: Array(bytes[position + 4..<end - 4])) == bytes.uint32(at: end - 4, .big) else {
                    let message = "The PNG file is damaged: a checksum is wrong. Fetch it again."
                    throw FormatError(.malformed, message, path: name, offset: position)
                }
                essential += bytes[position..<end]
            }
            position = end
        }
        let header = PNGChunks.signature.count + 8
        width = Int(bytes.uint32(at: header, .big))
        height = Int(bytes.uint32(at: header + 4, .big))
        bitDepth = Int(bytes[header + 8])
        let colourType = bytes[header + 9]
        hasColour = colourType & 2 != 0
        hasAlpha = colourType & 4 != 0
        hasPalette = colourType & 1 != 0
        self.essential = essential
    }
}
