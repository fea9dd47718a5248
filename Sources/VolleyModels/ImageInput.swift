import VolleyGraph

/// The images that a network reads, with who says so.
struct ImageInput {
    var channels: Size
    var height: Size
    var width: Size
}

extension VisionTransformer {
    var imageInput: ImageInput { ImageInput(channels: channels, height: image.height, width: image.width) }
}
