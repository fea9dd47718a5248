/// Where a spiking network comes from: enough to make it again, and to refuse measuring it on its own calibration data.
public struct Provenance: Sendable, Hashable, Codable {
    /// The version of Volley that converted it.
    public var version: String
    /// The conversion method and its source.
    public var method: String
    public var citation: String
    /// How closely the method is what its paper says; nil in networks that were written before it was recorded.
    public var standing: Standing?
    /// What of this network is not as the method wants it, as activations that were not trained for it; nil for nothing.
    public var reservation: String?
    /// Every setting of the conversion, by option name.
    public var settings: [String: String]
    /// SHA-256 of the model's weights file, hexadecimal.
    public var modelDigest: String?
    /// SHA-256 over the calibration samples, hexadecimal, and how many there were.
    public var calibrationDigest: String?
    public var calibrationCount: Int?
    /// One short digest per calibration sample, of what was fed to the network: what evaluation data is compared with.
    public var calibrationSamples: String?

    /// What to say beside results: where the method is not exactly what its paper says, or the network not as the method wants it.
    public var caveats: [String] {
        let standing = standing.flatMap { $0.grade == .exact ? nil : "The method '\(method)' is \($0.text)." }
        return [standing, reservation.map { "The network is \($0)." }].compactMap(\.self)
    }

    public init(version: String, method: String, citation: String, settings: [String: String] = [:]) {
        self.version = version
        self.method = method
        self.citation = citation
        self.settings = settings
    }
}

/// How closely a method is what its paper says, and how that is known.
public struct Standing: Sendable, Hashable, Codable {
    public enum Grade: String, Sendable, Hashable, Codable {
        /// Held against numbers of the authors' program, or one of their group.
        case exact
        /// As the paper says, held against an independent program or the paper's own statements alone.
        case described
        /// Parts could not be consulted, and are a reconstruction.
        case reconstructed
    }

    public var grade: Grade
    /// What it was held against, or what is reconstructed.
    public var reason: String

    public init(_ grade: Grade, _ reason: String) {
        self.grade = grade
        self.reason = reason
    }

    public var text: String { "\(grade.rawValue): \(reason)" }
}
