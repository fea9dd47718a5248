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

    /// Which pixel the crop begins at where the resized image is longer by an odd number: libraries differ.
    public enum CropRounding: String, Hashable, Sendable, Codable {
        /// As torchvision and timm: half to even.
        case halfToEven
        /// As Hugging Face's image processors.
        case down
    }

    /// 1 for grey images, 3 for RGB.
    public var channels: Int
    /// The height and width of the network's input in pixels: what the crop leaves.
    public var height: Int
    public var width: Int
    public var resize: Resize
    public var interpolation: Interpolation
    public var cropRounding: CropRounding
    /// Per channel, in units of a pixel's full scale (0…1).
    public var mean: [Float]
    public var deviation: [Float]

    public init(
        channels: Int, height: Int, width: Int, resize: Resize, interpolation: Interpolation,
        cropRounding: CropRounding = .halfToEven, mean: [Float], deviation: [Float]
    ) {
        self.channels = channels
        self.height = height
        self.width = width
        self.resize = resize
        self.interpolation = interpolation
        self.cropRounding = cropRounding
        self.mean = mean
        self.deviation = deviation
    }
}
