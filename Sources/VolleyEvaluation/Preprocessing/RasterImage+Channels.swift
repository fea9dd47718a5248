public import VolleyFormats

extension RasterImage {
    /// This image with 1 (grey) or 3 (red, green, blue) channels.
    ///
    /// Grey is `(19595·R + 38470·G + 7471·B + 32768) / 65536` rounded down, as in Pillow: the luma of ITU-R BT.601.
    /// Grey becomes colour by repetition.
    /// - Precondition: `channels` is 1 or 3, and so is the image's own number.
    public func converted(toChannels channels: Int) -> RasterImage {
        if channels == self.channels { return self }
        switch (self.channels, channels) {
        case (3, 1):
            let grey = (0..<width * height).map { pixel -> UInt8 in
                let red = Int32(pixels[3 * pixel])
                let green = Int32(pixels[3 * pixel + 1])
                let blue = Int32(pixels[3 * pixel + 2])
                return UInt8(truncatingIfNeeded: (19595 &* red &+ 38470 &* green &+ 7471 &* blue &+ 32768) >> 16)
            }
            return RasterImage(width: width, height: height, channels: 1, pixels: grey)
        case (1, 3):
            var color: [UInt8] = []
            color.reserveCapacity(3 * pixels.count)
            for level in pixels {
                color.append(level)
                color.append(level)
                color.append(level)
            }
            return RasterImage(width: width, height: height, channels: 3, pixels: color)
        default:
            preconditionFailure("no conversion from \(self.channels) to \(channels) channels")
        }
    }
}
