internal import CVolleyKernels

/// The windows of an image that a convolution reads: the rows of the matrix that its weight multiplies.
public struct ImageWindows: Sendable, Hashable {
    /// `[C, H, W]`
    public let image: [Int]
    /// In pairs: along height, along width. `padding` counts the zeros above and to the left, `positions` is `[OH, OW]`.
    public let kernel: [Int]
    public let stride: [Int]
    public let dilation: [Int]
    public let padding: [Int]
    public let positions: [Int]

    /// - Precondition: lengths are not negative; kernel, stride and dilation are positive.
    public init(image: [Int], kernel: [Int], stride: [Int], dilation: [Int], padding: [Int], positions: [Int]) {
        precondition(image.count == 3, "channels, height, width")
        for pair in [kernel, stride, dilation, padding, positions] { precondition(pair.count == 2, "height and width") }
        precondition((image + padding + positions).allSatisfy { $0 >= 0 }, "no negative lengths")
        precondition((kernel + stride + dilation).allSatisfy { $0 > 0 }, "positive kernel, stride and dilation")
        (self.image, self.kernel, self.stride) = (image, kernel, stride)
        (self.dilation, self.padding, self.positions) = (dilation, padding, positions)
    }

    /// Windows of one image: OH · OW.
    public var rowsPerImage: Int { positions[0] * positions[1] }
    /// Elements of one window: C · KH · KW.
    public var rowLength: Int { image[0] * kernel[0] * kernel[1] }
    private var imageLength: Int { image.reduce(1, *) }

    /// Writes the windows of some images at every time-step, zeros outside an image.
    /// - Parameters:
    ///   - images: out of `count` at every step.
    ///   - codes: `[steps, count, C, H, W]`.
    ///   - windows: `[steps, images · OH · OW, C · KH · KW]`; may be longer.
    public func gather(_ images: Range<Int>, of count: Int, steps: Int, from codes: [Int8], into windows: inout [Int8]) {
        let size = images.count * rowsPerImage * rowLength
        precondition(images.lowerBound >= 0 && images.upperBound <= count, "images that exist")
        precondition(codes.count == steps * count * imageLength, "one code per step, image and pixel")
        precondition(windows.count >= steps * size, "room for every window")
        guard size > 0 else { return }
        let shape = vk_windows(
            channels: image[0], height: image[1], width: image[2], kernel: (kernel[0], kernel[1]),
            stride: (stride[0], stride[1]), dilation: (dilation[0], dilation[1]), before: (padding[0], padding[1]),
            positions: (positions[0], positions[1]))
        unsafe withOptionalPointer(codes) { codes in
            unsafe withOptionalPointer(&windows) { windows in
                unsafe withUnsafePointer(to: shape) { shape in
                    for step in 0..<steps {
                        let first = (step * count + images.lowerBound) * imageLength
                        unsafe vk_gather_windows(shape, images.count, codes.map { unsafe $0 + first }, windows! + step * size)
                    }
                }
            }
        }
    }

    /// Puts results for every window where they belong in images: `[…, OH · OW, outputs]` → `[…, outputs, OH · OW]`.
    /// - Parameters:
    ///   - images: out of `count` at every step.
    ///   - rows: `[steps, images · OH · OW, outputs]`.
    ///   - values: `[steps, count, outputs, OH, OW]`; those of other images are left as they are.
    public func place(
        _ rows: [Float], outputs: Int, _ images: Range<Int>, of count: Int, steps: Int, into values: inout [Float]
    ) {
        let (pixels, size) = (rowsPerImage, rowsPerImage * outputs)
        precondition(images.lowerBound >= 0 && images.upperBound <= count, "images that exist")
        precondition(rows.count == steps * images.count * size, "one result per step, window and output")
        precondition(values.count == steps * count * size, "room for every result")
        for step in 0..<steps {
            values.fill(
                at: (step * count + images.lowerBound) * size, lengths: [images.count, outputs, pixels], from: rows,
                offset: step * images.count * size, strides: [size, 1, outputs])
        }
    }
}
