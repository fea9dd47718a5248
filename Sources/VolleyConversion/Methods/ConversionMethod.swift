public import VolleyGraph
public import VolleySpiking
internal import VolleyTensors

/// A way to make a spiking network of a trained one.
///
/// A method is a value that holds its settings. It is handed the trained network and a ``Calibration``, which runs any network on the
/// data and shows observers what its nodes carry; how many rounds it asks for, and what it changes in the graph and in its
/// weights in between, is its own affair. New ones are listed in ``ConversionMethods``.
public protocol ConversionMethod: Sendable {
    /// What it is called on the command line.
    var name: String { get }
    /// What it does, in one line.
    var summary: String { get }
    /// The paper that it is from.
    var citation: String { get }
    /// How closely it is what its paper says.
    var standing: Standing { get }
    /// Everything about it that can be set.
    var settings: [MethodSetting<Self>] { get }
    /// What it needs of a network.
    var requirements: [NetworkRequirement] { get }
    /// What it gathers on calibration data, with its settings as they are; none where it needs no data.
    var observers: [any Observer.Type] { get }

    /// Checks every setting, and those that must fit each other.
    /// - Throws: ``ConversionError`` (`badSettings`).
    func validate() throws

    /// - Parameter graph: the trained network, without neuron sites.
    /// - Throws: ``ConversionError`` where the network, the data or the settings do not fit; `GraphError` for a value that is not
    ///   finite; `SpikingError` for impossible neurons.
    func convert(_ graph: Graph, on calibration: Calibration) throws -> SpikingNetwork
}

/// Something that a method needs of a network.
public struct NetworkRequirement: Sendable {
    /// What it is, as the end of "it needs …".
    public let statement: String
    private let problem: @Sendable (Graph) throws -> ConversionError?

    /// - Parameter problem: the error (`unfitNetwork`) that says what a network lacks, and where; nil where it fits.
    public init(_ statement: String, problem: @escaping @Sendable (Graph) throws -> ConversionError?) {
        self.statement = statement
        self.problem = problem
    }

    /// - Throws: ``ConversionError`` (`unfitNetwork`).
    func check(_ graph: Graph) throws {
        if let problem = try problem(graph) { throw problem }
    }
}

extension ConversionMethod {
    /// - Throws: ``ConversionError`` for the first setting outside its range.
    public func validate() throws { try checkSettings() }

    /// - Throws: ``ConversionError`` for the first setting outside its range.
    public func checkSettings() throws {
        for setting in settings { try setting.check(self) }
    }

    /// - Throws: ``ConversionError`` (`unfitNetwork`) for the first requirement that a network does not meet.
    public func check(_ graph: Graph) throws {
        for requirement in requirements { try requirement.check(graph) }
    }

    /// Every setting with its value.
    public var settingValues: [SettingValue] { settings.map { $0.value(in: self) } }

    /// Sets one from text, as the command line has it.
    /// - Throws: ``ConversionError`` (`badSettings`) for a name that is none of its settings and for a value outside the range.
    public mutating func set(_ name: String, to text: String) throws {
        guard let setting = settings.first(where: { $0.name == name }) else {
            throw ConversionError(
                .badSettings, "is not one of the method '\(self.name)', which has \(settings.map(\.name).joined(separator: ", "))",
                setting: name)
        }
        try setting.set(text, in: &self)
    }

    /// What a network that this method made says of its origin.
    public var provenance: Provenance {
        var settings = ["method": name]
        for setting in self.settings where setting.isEffective(self) { settings[setting.name] = setting.value(in: self).value }
        var provenance = Provenance(version: volleyVersion, method: name, citation: citation, settings: settings)
        provenance.standing = standing
        return provenance
    }
}
