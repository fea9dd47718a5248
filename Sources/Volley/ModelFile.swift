internal import Foundation

/// Models of every kind that can be read: checkpoints of known architectures, and ONNX files.
public enum ModelFile {
    /// Reads a checkpoint folder, a `.safetensors` file with its `config.json`, or an `.onnx` file.
    /// - Parameters:
    ///   - inputShapes: by input, lengths that the file leaves open; the first one is the batch.
    ///   - lastPass: for ONNX, the last simplifying pass to apply, see `GraphPasses`.
    /// - Throws: the error of the file's kind.
    public static func load(
        _ path: String, inputShapes: [String: [Int]] = [:], through lastPass: String? = nil
    ) throws -> Model {
        guard path.lowercased().hasSuffix(".onnx") else {
            if FileManager.default.fileExists(atPath: path) {
                try OtherFormats.refuse(path)
                try OtherFormats.refuseFolder(path)
            }
            return try Model.load(path, inputShapes: inputShapes)
        }
        let file = try ONNXModel.load(path, inputShapes: inputShapes, through: lastPass)
        return Model(
            graph: file.graph, architecture: file.architecture, weightFiles: file.weightFiles,
            diagnostics: file.diagnostics)
    }

    /// Reads shapes as they are written on the command line: `NAME=1,3,224,224`.
    /// - Throws: `ConversionError` for anything else.
    public static func inputShapes(_ texts: [String]) throws -> [String: [Int]] {
        var shapes: [String: [Int]] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let lengths = parts.last?.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) } ?? []
            guard parts.count == 2, !lengths.contains(nil), lengths.allSatisfy({ $0! > 0 }) else {
                throw ConversionError(
                    .badSettings, "an input's shape is written NAME=1,3,224,224 with positive lengths, found '\(text)'")
            }
            guard shapes.updateValue(lengths.map { $0! }, forKey: parts[0]) == nil else {
                throw ConversionError(.badSettings, "the shape of input '\(parts[0])' is given twice")
            }
        }
        return shapes
    }
}
