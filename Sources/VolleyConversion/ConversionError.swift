public import VolleyTensors

/// Why a network cannot be calibrated or converted as asked for.
public struct ConversionError: InputError, Hashable {
    public enum Code: String, Sendable, Hashable {
        /// A setting outside its range, or two that contradict each other.
        case badSettings
        /// A network that the method cannot convert.
        case unfitNetwork
        /// A thresholds file that does not fit the network.
        case badThresholds
        /// There is nothing to calibrate on.
        case noData
    }

    public var code: Code
    public var message: String
    /// The setting of a method that the message is about; then the message begins behind its name.
    public var setting: String?
    public var remedies: [Remedy]

    public init(_ code: Code, _ message: String, setting: String? = nil, remedies: [Remedy] = []) {
        self.code = code
        self.message = message
        self.setting = setting
        self.remedies = remedies
    }

    public var description: String { setting.map { "the setting '\($0)' \(message)" } ?? message }
}
