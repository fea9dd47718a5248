internal import Foundation

extension Model {
    /// Reads a trained network of any kind that is known: a checkpoint folder of timm or Hugging Face, a `.safetensors` file with its
    /// `config.json`, or an `.onnx` file. This is what `volley convert` reads.
    /// - Parameters:
    ///   - inputShapes: by input, lengths that the files leave open; the first one is the batch, which stays free.
    ///   - images: how images become the input, where the files do not say it or say it otherwise.
    ///   - lastPass: for ONNX, the last simplifying pass to apply, see `GraphPasses`.
    /// - Throws: the error of the file's kind: `ModelError` or `FormatError` for checkpoints, `ONNXError`, ``OtherFormatError``; what
    ///   ``ImageOptions/apply(to:path:)`` throws.
    public static func load(
        _ path: String, inputShapes: [String: [Int]] = [:], images: ImageOptions = ImageOptions(), through lastPass: String? = nil
    ) throws -> Model {
        let model: Model
        if path.lowercased().hasSuffix(".onnx") {
            let file = try ONNXModel.load(path, inputShapes: inputShapes, through: lastPass)
            model = Model(
                graph: file.graph, architecture: file.architecture, weightFiles: file.weightFiles, diagnostics: file.diagnostics)
        } else {
            if FileManager.default.fileExists(atPath: path) {
                try OtherFormats.refuse(path)
                try OtherFormats.refuseFolder(path)
            }
            model = try Model(checkpoint: path, inputShapes: inputShapes)
        }
        return try images.apply(to: model, path: path)
    }
}
