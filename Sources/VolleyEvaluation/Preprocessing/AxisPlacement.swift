import VolleyGraph

/// What resizing and cropping do along one axis.
struct AxisPlacement: Hashable {
    /// The length of the whole image after resizing.
    let resized: Int
    /// The part of it that is inside the crop.
    let kept: Range<Int>
    /// How many zeros stand before that part, where the crop is longer than the image.
    let padding: Int

    /// Cuts `crop` pixels from the middle of `resized`.
    ///
    /// The first pixel kept is `(resized − crop) / 2`, rounded as stated; an image that is too short is padded on both
    /// sides, with the odd pixel at the end.
    init(resized: Int, crop: Int, rounding: Preprocessing.CropRounding) {
        self.resized = resized
        if crop > resized {
            kept = 0..<resized
            padding = (crop - resized) / 2
        } else {
            let start =
                switch rounding {
                case .halfToEven: Int((Double(resized - crop) / 2).rounded(.toNearestOrEven))
                case .down: (resized - crop) / 2
                }
            kept = start..<start + crop
            padding = 0
        }
    }
}

extension Preprocessing.Resize {
    /// The size of an image after resizing.
    ///
    /// As torchvision's `Resize` with one number `n`: the shorter side becomes `n`, the longer one
    /// `n · longer / shorter` rounded down.
    func size(height: Int, width: Int) -> (height: Int, width: Int) {
        switch self {
        case .exact(let newHeight, let newWidth): (newHeight, newWidth)
        case .shorterSide(let length):
            width <= height ? (length * height / width, length) : (length, length * width / height)
        }
    }
}
