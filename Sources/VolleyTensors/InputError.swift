/// An error whose cause is what the caller handed in: a file, a model, an option. Its description says what failed, where,
/// what was expected and found, and what to do.
public protocol InputError: Error, Sendable, CustomStringConvertible {
    /// The parameters that the description tells the caller to change, each with the words that it uses there.
    var remedies: [Remedy] { get }
}

extension InputError {
    public var remedies: [Remedy] { [] }
}
