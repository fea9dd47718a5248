public import VolleyTensors

/// Why a checkpoint cannot be turned into a graph. Errors of the files' formats are VolleyFormats' `FormatError`.
public struct ModelError: InputError, Hashable {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// There is no file or folder of this name.
        case notFound
        /// Weights without the `config.json` that says what they are.
        case missingConfiguration
        /// A configuration file is not a JSON object.
        case malformedConfiguration
        /// The configuration lacks a key that nothing else can replace.
        case missingKey
        /// The value of a key has the wrong type or lies outside what makes sense.
        case badValue
        /// The configuration names an architecture that is not read here.
        case unknownArchitecture
        /// The architecture is known, but the model uses a part of it that is not read here.
        case unsupported
        /// Configuration and tensors, or two places of the configuration, disagree.
        case contradiction
        case missingTensors
        /// The file holds tensors that the architecture does not have.
        case unknownTensors
        /// Weights that are NaN or infinite.
        case notFinite
        /// The caller asks for an input's shape that the network cannot have.
        case badInputShape
    }

    public let code: Code
    /// What failed, what was expected and found, and what to do, in full sentences.
    public let message: String
    /// The file or folder.
    public let path: String
    /// The tensors concerned, by their names in the file.
    public let tensors: [String]
    public let remedies: [Remedy]

    public init(_ code: Code, _ message: String, path: String, tensors: [String] = [], remedies: [Remedy] = []) {
        self.code = code
        self.message = message
        self.path = path
        self.tensors = tensors
        self.remedies = remedies
    }

    public var description: String { "\(path): \(message)" }
}

extension String {
    /// A text taken from a file, fit for a message: in quotes, control characters escaped, cut after 100 characters.
    var quoted: String { String(reflecting: count > 100 ? prefix(100) + "…" : self) }
}

extension [String] {
    /// Names taken from a file, fit for a message: in quotes, all of them up to 40.
    var listed: String {
        let rest = count > 40 ? " and \(count - 40) more" : ""
        return prefix(40).map(\.quoted).joined(separator: ", ") + rest
    }
}
