/// How an image becomes a network's input: resize, crop at the centre, scale to 0…1, normalise.
///
/// `x = (pixel / 255 − mean) / deviation`, per channel.
public struct Preprocessing: Hashable, Sendable, Codable {
    public enum Interpolation: String, Hashable, Sendable, Codable, CaseIterable {
        case bilinear, bicubic
    }

    public enum Resize: Hashable, Sendable, Codable {
        /// Scales both sides by one factor so that the shorter one has this many pixels.
        case shorterSide(Int)
        /// Scales each side by its own factor.
        case exact(height: Int, width: Int)
    }

    /// 1 for grey images, 3 for RGB.
    public var channels: Int
    /// The height and width of the network's input in pixels: what the crop leaves.
    public var height: Int
    public var width: Int
    public var resize: Resize
    public var interpolation: Interpolation
    /// Per channel, in units of a pixel's full scale (0…1).
    public var mean: [Float]
    public var deviation: [Float]

    public init(
        channels: Int, height: Int, width: Int, resize: Resize, interpolation: Interpolation, mean: [Float],
        deviation: [Float]
    ) {
        self.channels = channels
        self.height = height
        self.width = width
        self.resize = resize
        self.interpolation = interpolation
        self.mean = mean
        self.deviation = deviation
    }
}
