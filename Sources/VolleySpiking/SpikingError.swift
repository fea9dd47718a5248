public import VolleyTensors

/// What is wrong with a spiking network or with its file.
public struct SpikingError: InputError, Hashable {
    public enum Code: String, Sendable, Hashable {
        /// Neuron layers and their places in the graph do not match, or a layer's parameters are impossible.
        case malformed
        /// The file is not a spiking network, or one of another version.
        case badFile
        /// The simulation cannot be run as asked for.
        case badSettings
        /// A membrane potential is NaN or infinite.
        case notFinite
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

    /// Of a site's membrane potentials, so many are NaN or infinite, or broken for the reason that its neurons give.
    public static func notFinite(
        site: String, _ broken: Int, of count: Int, steps: ClosedRange<Int>, reason: String = "are NaN or infinite"
    ) -> SpikingError {
        let when = steps.count == 1 ? "time-step \(steps.lowerBound)" : "time-steps \(steps.lowerBound) to \(steps.upperBound)"
        return SpikingError(
            .notFinite,
            "site '\(site)': \(broken) of \(count) membrane potentials \(reason) at \(when); "
                + "look at the network's weights and at the input")
    }
}
