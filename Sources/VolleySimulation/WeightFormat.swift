/// How a program holds the weights of layers behind neurons.
public enum WeightFormat: String, Sendable, Hashable, Codable, CaseIterable {
    /// 32-bit floats, as trained.
    case fp32
    /// Whole numbers of 16 bits times a scale per output channel: as good as fp32, at up to twice its speed.
    case int16
    /// Whole numbers of 8 bits times a scale per output channel.
    case int8

    var bits: Int? {
        switch self {
        case .fp32: nil
        case .int16: 16
        case .int8: 8
        }
    }
}
