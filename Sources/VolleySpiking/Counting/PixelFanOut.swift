internal import VolleyGraph

/// How many targets the neurons of images reach, by pixel.
struct PixelFanOut: Sendable {
    let targets: [Int]
    let channels: ChannelLayout
}
