public import VolleyFormats
public import VolleyGraph
public import VolleyTensors

/// Turns images into a network's input: channels, resize, crop at the centre, scale, normalise.
///
/// Equal to Pillow's conversion and resizing followed by torchvision's `CenterCrop`, `ToTensor` and `Normalize`:
/// `x = (pixel / 255 − mean) / deviation` in 32-bit floats, where the crop reaches beyond the image with `pixel = 0`.
public struct ImagePreprocessor: Sendable {
    public let preprocessing: Preprocessing
    /// `x` for each of the 256 levels, channel by channel.
    private let normalized: [Float]

    /// The largest height, width and resized length that is accepted, in pixels.
    public static let maximumSide = 16_384

    /// - Throws: `EvaluationError` where the preprocessing contradicts itself.
    public init(_ preprocessing: Preprocessing) throws {
        try preprocessing.validate()
        self.preprocessing = preprocessing
        normalized = zip(preprocessing.mean, preprocessing.deviation).flatMap { mean, deviation in
            (0..<256).map { (Float($0) / 255 - mean) / deviation }
        }
        guard normalized.allSatisfy(\.isFinite) else {
            throw EvaluationError(
                .preprocessing, "Mean and deviation make inputs that are not finite.",
                context: .init(found: "\(preprocessing.mean) and \(preprocessing.deviation)"))
        }
    }

    /// The shape of one image's tensor: channels, height, width.
    public var shape: Shape { [preprocessing.channels, preprocessing.height, preprocessing.width] }

    /// The input made from one image, of shape `[C, H, W]`.
    /// - Precondition: the image has at least one pixel and 1 or 3 channels.
    public func tensor(from image: RasterImage) -> Tensor {
        var values: [Float] = []
        values.reserveCapacity(shape.count)
        append(image, to: &values)
        return Tensor(shape, values)
    }

    /// Appends the elements of the input made from one image to `values`.
    /// - Precondition: the image has at least one pixel and 1 or 3 channels.
    public func append(_ image: RasterImage, to values: inout [Float]) {
        let size = preprocessing.resize.size(height: image.height, width: image.width)
        let rows = AxisPlacement(resized: size.height, crop: preprocessing.height, rounding: preprocessing.cropRounding)
        let columns = AxisPlacement(resized: size.width, crop: preprocessing.width, rounding: preprocessing.cropRounding)
        let part = image.converted(toChannels: preprocessing.channels).resampled(
            height: size.height, width: size.width, keptRows: rows.kept, keptColumns: columns.kept,
            interpolation: preprocessing.interpolation)
        appendPlanes(of: part, top: rows.padding, left: columns.padding, to: &values)
    }

    /// Splits the pixels into normalised planes; zero pixels fill the frame around them.
    private func appendPlanes(of part: RasterImage, top: Int, left: Int, to values: inout [Float]) {
        let pixels = part.pixels
        let normalized = normalized
        let channels = part.channels
        for channel in 0..<channels {
            let levels = 256 * channel
            let plane = values.count
            values.append(
                contentsOf: repeatElement(normalized[levels], count: preprocessing.height * preprocessing.width))
            for row in 0..<part.height {
                var target = plane + (top + row) * preprocessing.width + left
                var source = row * part.width * channels + channel
                for _ in 0..<part.width {
                    values[target] = normalized[levels &+ Int(pixels[source])]
                    target &+= 1
                    source &+= channels
                }
            }
        }
    }
}

extension Preprocessing {
    fileprivate func validate() throws {
        func require(_ condition: Bool, _ message: String, expected: String, found: String) throws {
            if condition { return }
            throw EvaluationError(.preprocessing, message, context: .init(expected: expected, found: found))
        }
        try require(
            channels == 1 || channels == 3, "An image has one channel (grey) or three (RGB).", expected: "1 or 3",
            found: "\(channels)")
        var sides = [height, width]
        switch resize {
        case .shorterSide(let length): sides.append(length)
        case .exact(let height, let width): sides += [height, width]
        }
        let possible = 1...ImagePreprocessor.maximumSide
        try require(
            sides.allSatisfy(possible.contains), "The sizes of the input or of the resized image are out of range.",
            expected: "\(possible.lowerBound) to \(possible.upperBound) pixels",
            found: sides.map(String.init).joined(separator: ", "))
        for (name, numbers) in [("mean", mean), ("deviation", deviation)] {
            try require(
                numbers.count == channels, "The \(name) needs one number for each channel.",
                expected: "\(channels)", found: "\(numbers)")
        }
        try require(
            deviation.allSatisfy { $0 > 0 && $0.isFinite }, "Deviations divide.", expected: "finite numbers above 0",
            found: "\(deviation)")
    }
}
