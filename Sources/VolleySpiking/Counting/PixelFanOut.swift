internal import VolleyGraph

/// How many targets the neurons of images reach, by pixel: fewer at the border.
struct PixelFanOut: Sendable {
    let targets: [Int]
    let channels: ChannelLayout
    /// With the channels last, the pixels at which another number of targets begins, and the end; nil where almost every pixel differs from
    /// its neighbour, as it does where windows lie apart.
    let changes: [Int]?

    init(_ targets: [Int], _ channels: ChannelLayout) {
        self.targets = targets
        self.channels = channels
        let changes = [0] + targets.indices.dropFirst().filter { targets[$0] != targets[$0 - 1] } + [targets.count]
        self.changes = channels == .last && changes.count - 1 <= targets.count / 8 ? changes : nil
    }
}
