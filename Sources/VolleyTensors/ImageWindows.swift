internal import CVolleyKernels

/// The windows of an image that a convolution reads: the rows of the matrix that its weight multiplies.
@safe public struct ImageWindows: Sendable {
    /// `[H, W, C]`
    public let image: [Int]
    /// In pairs: along height, along width. `padding` counts the zeros above and to the left, `positions` is `[OH, OW]`.
    public let kernel: [Int]
    public let stride: [Int]
    public let dilation: [Int]
    public let padding: [Int]
    public let positions: [Int]
    let parameters: AlignedBuffer<vk_windows>

    /// - Precondition: lengths are not negative; kernel, stride and dilation are positive.
    public init(image: [Int], kernel: [Int], stride: [Int], dilation: [Int], padding: [Int], positions: [Int]) {
        precondition(image.count == 3, "height, width, channels")
        for pair in [kernel, stride, dilation, padding, positions] { precondition(pair.count == 2, "height and width") }
        precondition((image + padding + positions).allSatisfy { $0 >= 0 }, "no negative lengths")
        precondition((kernel + stride + dilation).allSatisfy { $0 > 0 }, "positive kernel, stride and dilation")
        (self.image, self.kernel, self.stride) = (image, kernel, stride)
        (self.dilation, self.padding, self.positions) = (dilation, padding, positions)
        parameters = AlignedBuffer([
            vk_windows(
                channels: image[2], height: image[0], width: image[1], kernel: (kernel[0], kernel[1]),
                stride: (stride[0], stride[1]), dilation: (dilation[0], dilation[1]), before: (padding[0], padding[1]),
                positions: (positions[0], positions[1]))
        ])
    }

    /// Windows of one image: OH · OW.
    public var rowsPerImage: Int { positions[0] * positions[1] }
    /// Elements of one window: KH · KW · C.
    public var rowLength: Int { image[2] * kernel[0] * kernel[1] }
    public var channels: Int { image[2] }
    /// Elements of one image.
    public var imageLength: Int { image.reduce(1, *) }

    /// Elements of the images that so many windows are of.
    func inputCount(rows: Int) -> Int { rows / max(1, rowsPerImage) * imageLength }

    /// The windows of some images, zeros outside an image.
    /// - Parameter codes: `[images, H, W, C]`.
    /// - Returns: `[images · OH · OW, KH · KW · C]`.
    public func gather(from codes: [Int8]) -> [Int8] {
        let images = codes.count / max(1, imageLength)
        precondition(codes.count == images * imageLength, "whole images")
        var windows = [Int8](repeating: 0, count: images * rowsPerImage * rowLength)
        guard !windows.isEmpty else { return windows }
        unsafe withOptionalPointer(codes) { codes in
            unsafe withOptionalPointer(&windows) { windows in
                unsafe vk_gather_windows(parameters.start, 0, images * rowsPerImage, 1, codes, windows)
            }
        }
        return windows
    }
}
