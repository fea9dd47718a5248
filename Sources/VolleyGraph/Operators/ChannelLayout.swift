/// Where the channels of images lie.
public enum ChannelLayout: String, Sendable, Hashable, Codable, CaseIterable {
    /// `[N, C, H, W]`, as model files have them.
    case first
    /// `[N, H, W, C]`, as convolutions compute: the channels of a pixel are neighbours. ``ChannelsLast`` makes it.
    case last

    /// The axis of the channels of a value with that many axes.
    func channelAxis(rank: Int) -> Int { self == .first ? 1 : rank - 1 }
    /// The first of the axes that windows move along.
    var firstSpatialAxis: Int { self == .first ? 2 : 1 }
}
