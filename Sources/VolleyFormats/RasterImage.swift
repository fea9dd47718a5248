/// A decoded image: rows of pixels from the top, one byte per channel.
public struct RasterImage: Hashable, Sendable {
    public let width: Int
    public let height: Int
    /// 1 for grey, 3 for red, green, blue.
    public let channels: Int
    /// `height × width × channels` bytes.
    public var pixels: [UInt8]

    /// - Precondition: `pixels` fills the image exactly.
    public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
        precondition(pixels.count == width * height * channels, "pixels do not fill the image")
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }
}
