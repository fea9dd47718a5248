/// A method with its settings, under the name that it is shown by.
public struct MethodCandidate: Sendable {
    public var label: String
    public var method: any ConversionMethod

    public init(_ method: any ConversionMethod, label: String? = nil) {
        self.label = label ?? method.name
        self.method = method
    }

    /// A method by its name, with settings as text. Its label is `NAME:setting=value:setting=value`.
    /// - Throws: `ConversionError` for a method that there is not, a setting that it does not have, and a value outside the range.
    public init(_ name: String, settings: [(name: String, value: String)]) throws {
        var method = try ConversionMethods.named(name)
        for setting in settings { try method.set(setting.name, to: setting.value) }
        try method.validate()
        self.init(method, label: ([name] + settings.map { "\($0.name)=\($0.value)" }).joined(separator: ":"))
    }

    /// What a label says: `NAME` or `NAME:setting=value:setting=value`.
    /// - Throws: as ``init(_:settings:)`` does, and `ConversionError` where a setting has no value.
    public static func parsed(_ label: String) throws -> MethodCandidate {
        let parts = label.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let settings = try parts.dropFirst().map { part in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2 else {
                throw ConversionError(.badSettings, "settings are written NAME:setting=value, such as ecmt:levels=6; found '\(label)'")
            }
            return (name: sides[0], value: sides[1])
        }
        return try MethodCandidate(parts[0], settings: settings)
    }
}

extension Model {
    /// The trained network as a spiking one without neurons.
    func withoutNeurons() throws -> SpikingNetwork {
        try SpikingNetwork(
            graph: graph, coding: .rate, neurons: [:], preprocessing: preprocessing, classNames: classNames,
            provenance: Provenance(version: volleyVersion, method: "none", citation: ""))
    }
}
