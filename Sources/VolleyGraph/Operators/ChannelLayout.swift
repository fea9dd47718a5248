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

// Files do not speak of the order that model files have, and those of earlier versions know no other. Attributes of operators that the compiler
// encodes come by here.

extension KeyedEncodingContainer {
    mutating func encode(_ channels: ChannelLayout, forKey key: Key) throws {
        if channels != .first { try encode(channels.rawValue, forKey: key) }
    }
}

extension KeyedDecodingContainer {
    func decode(_: ChannelLayout.Type, forKey key: Key) throws -> ChannelLayout {
        try decodeIfPresent(ChannelLayout.self, forKey: key) ?? .first
    }
}
