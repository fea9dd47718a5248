public import VolleyTensors

/// A data set, a sample or a setting that cannot be evaluated.
public struct EvaluationError: InputError {
    public enum Code: String, Sendable, CaseIterable {
        /// The preprocessing contradicts itself or the network's input.
        case preprocessing
        /// What lies at a path is no data set, or not a single one.
        case unrecognizedDataset
        /// A data set was recognised, but holds nothing, or not what it must hold.
        case malformedDataset
        /// One sample could not be read or decoded.
        case unreadableSample
        /// The progress that an interrupted evaluation kept cannot be used.
        case malformedProgress
        /// Files are no shards of one evaluation, or do not make it whole.
        case shards
        /// The samples do not have the shape of the network's input.
        case shapeMismatch
        /// What the data says about classes cannot be bound to the network's classes.
        case unknownClasses
    }

    public let code: Code
    /// What failed, and what to do about it, in full sentences.
    public let message: String
    public let context: Context
    public let remedies: [Remedy]
    /// The error that caused this one; `message` tells of it.
    public let underlying: (any Error)?

    /// Where it failed, as far as that is known.
    public struct Context: Hashable, Sendable {
        /// The path of the file or folder.
        public var file: String?
        public var expected: String?
        public var found: String?

        public init(file: String? = nil, expected: String? = nil, found: String? = nil) {
            self.file = file
            self.expected = expected
            self.found = found
        }
    }

    public init(
        _ code: Code, _ message: String, context: Context = Context(), underlying: (any Error)? = nil, remedies: [Remedy] = []
    ) {
        self.code = code
        self.message = message
        self.context = context
        self.remedies = remedies
        self.underlying = underlying
    }

    public var description: String {
        var text = context.file.map { "\($0): \(message)" } ?? message
        switch (context.expected, context.found) {
        case (let expected?, let found?): text += " Expected \(expected); found \(found)."
        case (let expected?, nil): text += " Expected \(expected)."
        case (nil, let found?): text += " Found \(found)."
        case (nil, nil): break
        }
        return text
    }
}
