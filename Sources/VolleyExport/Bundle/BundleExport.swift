internal import Foundation
internal import VolleyFormats
internal import VolleyGraph
public import VolleySimulation
public import VolleySpiking
internal import VolleyTensors

/// Writes a spiking network as a folder that can be read without Volley: weights as safetensors, and everything else as JSON.
///
/// | file | holds |
/// |---|---|
/// | `README.md` | what this network is, the equations of its neurons, how to read the files |
/// | `network.json`, `network.schema.json` | who reads whom, operators, shapes, sites, neurons, layers; and what that file looks like |
/// | `weights.safetensors` | every constant under its name; weights of layers as whole numbers with scales where they are asked for |
/// | `thresholds.json` | thresholds by site, as conversions take them |
/// | `copies.safetensors` | scaled copies of weights for bare events, where they are asked for |
public struct BundleExport: Sendable {
    /// Which copies of a layer's weights make events of values (semantics 3.2).
    public enum Copies: String, Sendable, Hashable, CaseIterable {
        /// One for every value that neurons send, `W·λ`: spikes are bare events.
        case levels
        /// One for every value that is not another one times a power of two: spikes carry the exponent of a shift.
        case octave
    }

    public let network: SpikingNetwork
    public let weights: WeightFormat
    public let copies: Copies?

    public init(_ network: SpikingNetwork, weights: WeightFormat = .fp32, copies: Copies? = nil) {
        (self.network, self.weights, self.copies) = (network, weights, copies)
    }

    /// Writes the folder, which is complete or not there.
    /// - Throws: `FormatError` where something stands under that name already or the folder cannot be written, `SpikingError` for numbers
    ///   that JSON does not hold, ``ExportError`` where copies are asked for and a layer's spikes are bursts.
    public func write(to path: String) throws -> ExportReport {
        let layers = try BundleLayers(self)
        let document = BundleDocument(layers)
        let files: [(name: String, write: (String) throws -> Void)] = [
            ("README.md", { try Self.write(BundleReadme(document, layers).text, to: $0) }),
            ("network.json", { try Self.write(json: document, to: $0) }),
            ("network.schema.json", { try Self.write(BundleSchema.text, to: $0) }),
            ("weights.safetensors", { try Safetensors.write(arrays: layers.arrays, metadata: ["format": BundleDocument.format], to: $0) }),
            ("thresholds.json", { try Self.write(json: layers.network.statedThresholds, to: $0) }),
        ]
        let more: [(name: String, write: (String) throws -> Void)] =
            copies == nil ? [] : [("copies.safetensors", { try Safetensors.write(arrays: layers.copiedWeights, to: $0) })]
        try OutputFolder.write(to: path) { folder in
            for file in files + more { try file.write(folder + "/" + file.name) }
        }
        return ExportReport(
            format: "bundle, weights \(weights.rawValue)", rating: layers.isRounded ? .approximate : .faithful, notes: layers.notes,
            files: (files + more).map { path + "/" + $0.name })
    }

    private static func write(_ text: String, to path: String) throws { try AtomicFile.write(Array(text.utf8), to: path) }

    private static func write(json value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try AtomicFile.write([UInt8](encoder.encode(value)) + [UInt8(ascii: "\n")], to: path)
        } catch let error as EncodingError {
            throw SpikingError(.malformed, "'\(path)' cannot be written, since it would hold NaN or infinity: \(error)")
        }
    }
}
