public import VolleyTensors

/// Why a network cannot be calibrated or converted as asked for.
public struct ConversionError: InputError, Hashable {
    public enum Code: String, Sendable, Hashable {
        /// A setting outside its range, or two that contradict each other.
        case badSettings
        /// A thresholds file that does not fit the network.
        case badThresholds
        /// There is nothing to calibrate on.
        case noData
    }

    public var code: Code
    public var message: String
    public var remedies: [Remedy]

    public init(_ code: Code, _ message: String, remedies: [Remedy] = []) {
        self.code = code
        self.message = message
        self.remedies = remedies
    }

    public var description: String { message }
}
