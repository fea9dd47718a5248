/// Where a spiking network comes from: enough to make it again, and to refuse measuring it on its own calibration data.
public struct Provenance: Sendable, Hashable, Codable {
    /// The version of Volley that converted it.
    public var version: String
    /// The conversion method and its source.
    public var method: String
    public var citation: String
    /// Every setting of the conversion, by option name.
    public var settings: [String: String]
    /// SHA-256 of the model's weights file, hexadecimal.
    public var modelDigest: String?
    /// SHA-256 over the calibration samples, hexadecimal, and how many there were.
    public var calibrationDigest: String?
    public var calibrationCount: Int?
    /// One short digest per calibration sample, of what was fed to the network: what evaluation data is compared with.
    public var calibrationSamples: String?

    public init(version: String, method: String, citation: String, settings: [String: String] = [:]) {
        self.version = version
        self.method = method
        self.citation = citation
        self.settings = settings
    }
}
