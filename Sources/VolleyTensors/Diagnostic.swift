/// Something valid that a careful user wants to know: an assumed setting, a neuron that can never fire, a file passed over.
/// Diagnostics are collected and shown; a strict run treats them as errors.
public struct Diagnostic: Sendable, Hashable, Codable, CustomStringConvertible {
    /// What it is about: a file, a node, a site.
    public var subject: String
    public var message: String

    public init(_ subject: String, _ message: String) {
        self.subject = subject
        self.message = message
    }

    public var description: String { "\(subject): \(message)" }
}
