internal import Foundation
internal import VolleyFormats
internal import VolleyGraph
internal import VolleyONNX
public import VolleySpiking
internal import VolleyTensors

/// Writes a spiking network as an ordinary ONNX model: operators of the standard domain alone, no loops and no branches.
///
/// In the form ``Form/step`` the model is the step function `(inputs, states) → (estimates, next states)`. At time-step t it computes what
/// `Session` computes (semantics 5): the ANN applied to the estimates that neurons have sent. The time-step is a state as well,
/// `state/t`, for estimates are `S(t)/t`. In the form ``Form/unrolled(_:)`` T steps are written out, and outputs are `[T, …]`.
public struct ONNXExport: Sendable {
    public enum Form: Sendable, Hashable {
        /// One time-step; states are inputs and outputs.
        case step
        /// So many time-steps, from rest; states are values in between.
        case unrolled(Int)
    }

    public let network: SpikingNetwork
    public let form: Form
    /// Whether the model gives the codes that the neurons of each site send too, as `codes/SITE`.
    public let givesCodes: Bool
    /// Bytes of constants in the model's file; where there are more, the large ones stand in a file beside it.
    public var largestFile = 1_900_000_000

    /// The oldest version of the standard operators that has a layer normalisation, and the format's version of that time.
    static let opset = 17
    static let formatVersion = 8

    public init(_ network: SpikingNetwork, form: Form = .step, givesCodes: Bool = false) {
        (self.network, self.form, self.givesCodes) = (network, form, givesCodes)
    }

    /// Writes the model, and beside it, where its weights are too many for one file, `PATH.data`.
    /// - Throws: ``ExportError`` for a network that ordinary operators cannot say, `SpikingError` for fewer than one time-step, the
    ///   format's error where a file cannot be written.
    public func write(to path: String) throws -> ExportReport {
        if case .unrolled(let steps) = form, steps < 1 {
            throw SpikingError(.badSettings, "a network is written out for at least 1 time-step, asked for are \(steps)")
        }
        var (document, notes) = try ONNXModelWriter(self).document()
        var files = [path]
        let data = try ONNXConstantFile.moveConstants(of: &document, besides: path, largestFile: largestFile)
        if let data {
            files.append(data)
            notes.append("The weights stand in \(data), which the model names relative to itself: both files belong in one folder.")
        }
        do {
            try AtomicFile.write([UInt8](document.serialized()), to: path)
        } catch {
            if let data { try? FileManager.default.removeItem(atPath: data) }
            throw error
        }
        return ExportReport(format: "ONNX, opset \(Self.opset)", rating: .faithful, notes: notes, files: files)
    }
}
