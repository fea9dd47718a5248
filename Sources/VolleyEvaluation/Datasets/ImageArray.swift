import VolleyFormats

/// Images of one size, one after the other in memory.
struct ImageArray: Sendable {
    let height: Int
    let width: Int
    let channels: Int
    /// `[N, H, W, C]`: the channels of a pixel lie together, as in `RasterImage`.
    let pixels: [UInt8]

    /// - Precondition: the pixels fill a number of whole images, none of them empty.
    init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
        precondition(
            height > 0 && width > 0 && (channels == 1 || channels == 3)
                && pixels.count % (height * width * channels) == 0, "the pixels do not fill whole images")
        self.height = height
        self.width = width
        self.channels = channels
        self.pixels = pixels
    }

    /// - Parameter planes: `[N, C, H, W]`: each channel of an image is a plane.
    /// - Precondition: the planes fill a number of whole images, none of them empty.
    init(height: Int, width: Int, channels: Int, planes: [UInt8]) {
        let area = height * width
        var pixels = planes
        if channels > 1 {
            for image in stride(from: 0, to: planes.count, by: area * channels) {
                for channel in 0..<channels {
                    for pixel in 0..<area {
                        pixels[image + pixel * channels + channel] = planes[image + channel * area + pixel]
                    }
                }
            }
        }
        self.init(height: height, width: width, channels: channels, pixels: pixels)
    }

    /// The length of one image in bytes.
    var byteCount: Int { height * width * channels }

    func image(at position: Int) -> RasterImage {
        RasterImage(
            width: width, height: height, channels: channels,
            pixels: Array(pixels[position * byteCount..<(position + 1) * byteCount]))
    }
}
