internal import Foundation
internal import OrderedCollections
internal import VolleyFormats
internal import VolleyGraph
internal import VolleyTensors

/// A `.volley` file is one safetensors file. Its tensors are the constants of the graph under their names; everything else stands as
/// JSON in the metadata, under the keys below.
extension SpikingNetwork {
    private enum Key {
        static let format = "volley.format"
        static let graph = "volley.graph"
        static let coding = "volley.coding"
        static let timing = "volley.timing"
        static let neurons = "volley.neurons"
        static let preprocessing = "volley.preprocessing"
        static let classNames = "volley.class-names"
        static let provenance = "volley.provenance"
        static let fidelity = "volley.fidelity"
    }

    private static let formatVersion = "2"

    /// Writes the network; the file is complete or not there.
    /// - Throws: the format's error when the file cannot be written.
    public func write(to path: String) throws {
        let tensors: [(String, Tensor)] = graph.nodes.compactMap { node in node.constant.map { (node.name, $0) } }
        let layers = Dictionary(uniqueKeysWithValues: neurons.map { ($0.key, $0.value) })
        func json(_ value: some Encodable, _ key: String) throws -> String {
            do {
                return try Self.json(value)
            } catch {
                throw SpikingError(.malformed, "'\(path)': '\(key)' cannot be written, since it holds NaN or infinity: \(error)")
            }
        }
        var metadata = [
            Key.format: Self.formatVersion, Key.coding: coding.rawValue,
            Key.graph: try json(GraphDocument(graph), Key.graph), Key.neurons: try json(layers, Key.neurons),
            Key.provenance: try json(provenance, Key.provenance),
        ]
        if !timing.isPlain { metadata[Key.timing] = try json(timing, Key.timing) }
        if let preprocessing { metadata[Key.preprocessing] = try json(preprocessing, Key.preprocessing) }
        if let fidelity { metadata[Key.fidelity] = try json(fidelity, Key.fidelity) }
        if let classNames { metadata[Key.classNames] = try json(classNames, Key.classNames) }
        try Safetensors.write(tensors: tensors, metadata: metadata, to: path)
    }

    /// Reads and verifies a network.
    /// - Throws: an error that names the file and what is wrong with it.
    public init(contentsOf path: String) throws {
        func convertFirst() -> SpikingError {
            let conversion = Remedy(.conversion, path)
            return SpikingError(
                .badFile, "'\(path)' is not a spiking network; if it is a model, convert it first: \(conversion)", remedies: [conversion])
        }
        if Folder.exists(path) { throw convertFirst() }
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile(path: path)
        } catch let error as FormatError where [.malformed, .tooLarge, .truncated].contains(error.code) && !path.hasSuffix(".volley") {
            throw convertFirst()
        }
        func fail(_ message: String) -> SpikingError { SpikingError(.badFile, "'\(path)': \(message)") }
        guard let format = file.metadata[Key.format] else {
            throw convertFirst()
        }
        guard [FirstFormat.version, Self.formatVersion].contains(format) else {
            throw fail("a spiking network of format \(format); this version reads formats \(FirstFormat.version) and \(Self.formatVersion)")
        }
        func decode<Value: Decodable>(_ type: Value.Type, _ key: String) throws -> Value? {
            guard let text = file.metadata[key] else { return nil }
            do {
                return try JSONDecoder().decode(type, from: Data(text.utf8))
            } catch {
                throw fail("the metadata '\(key)' cannot be understood: \(error)")
            }
        }
        func require<Value>(_ value: Value?, _ key: String) throws -> Value {
            guard let value else { throw fail("the metadata '\(key)' is missing") }
            return value
        }
        guard let coding = Coding(rawValue: try require(file.metadata[Key.coding], Key.coding)) else {
            throw fail("unknown coding '\(file.metadata[Key.coding]!)'")
        }
        let document = try require(try decode(GraphDocument.self, Key.graph), Key.graph)
        let layers: [String: NeuronLayer]
        if format == FirstFormat.version {
            let documents = try require(try decode([String: FirstFormat.Layer].self, Key.neurons), Key.neurons)
            layers = try FirstFormat.layers(documents, in: file, fail)
        } else {
            layers = try require(try decode([String: NeuronLayer].self, Key.neurons), Key.neurons)
        }
        do {
            let graph = try document.graph { try file.tensor($0) }
            try self.init(
                graph: graph, coding: coding, timing: try decode(Timing.self, Key.timing) ?? .plain, neurons: layers,
                preprocessing: try decode(Preprocessing.self, Key.preprocessing),
                classNames: try decode([String].self, Key.classNames),
                provenance: try require(try decode(Provenance.self, Key.provenance), Key.provenance))
            fidelity = try decode(Fidelity.self, Key.fidelity)
        } catch let error as GraphError {
            throw fail(error.description)
        } catch let error as SpikingError where error.code == .malformed {
            throw fail(error.description)
        }
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
