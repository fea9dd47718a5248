internal import Foundation
public import VolleyTensors

/// A file or folder that is not a model that can be read here, with the way to one that is.
public struct OtherFormatError: InputError, Hashable {
    public let description: String
    public let remedies: [Remedy]

    init(_ path: String, _ what: String, _ advice: String, remedies: [Remedy] = []) {
        self.remedies = remedies
        description = """
            \(path): this is \(what), which is not read here. \(advice)
            Read are: ONNX files (.onnx); checkpoints of timm or Hugging Face, as a folder or a .safetensors file with config.json \
            beside it; and, once converted, .volley files.
            """
    }
}

/// Files of other programs, recognised by their names.
enum OtherFormats {
    private static let pytorch = """
        Export the network in Python: torch.onnx.export(model.eval(), (example,), "model.onnx", dynamo=True); or save a model of \
        Hugging Face with model.save_pretrained("folder"), one of timm with timm.models.save_for_hf(model, "folder", safe_serialization=True).
        """
    private static let keras = """
        Export the network in Python with Keras 3: model.export("model.onnx", format="onnx").
        """

    private static func tensorFlow(_ source: String) -> String {
        "Export the network with tf2onnx: python -m tf2onnx.convert \(source) --output model.onnx"
    }

    /// - Throws: ``OtherFormatError`` where the name is that of a known other format; what is wrong with a `.volley` file.
    static func refuse(_ path: String) throws {
        let name = URL(filePath: path).lastPathComponent
        func refusal(_ what: String, _ advice: String) -> OtherFormatError { OtherFormatError(path, what, advice) }
        switch URL(filePath: path).pathExtension.lowercased() {
        case "volley":
            _ = try SpikingNetwork(contentsOf: path)
            let remedy = Remedy(.spikingNetwork, path)
            throw OtherFormatError(path, "a spiking network already", "Use it as it is: \(remedy).", remedies: [remedy])
        case "pt", "pth", "bin", "pkl", "torchscript", "ptl", "pt2": throw refusal("a file of PyTorch", pytorch)
        case "ckpt":
            throw refusal("a checkpoint of PyTorch Lightning or TensorFlow", pytorch + " " + tensorFlow("--checkpoint \(name).meta …"))
        case "h5", "keras", "hdf5": throw refusal("a file of Keras", keras)
        case "tflite": throw refusal("a file of TensorFlow Lite", tensorFlow("--tflite '\(name)'"))
        case "pb": throw refusal("a graph of TensorFlow", tensorFlow("--saved-model FOLDER (or --graphdef '\(name)' --inputs … --outputs …)"))
        case "mlmodel", "mlpackage", "gguf", "msgpack", "engine", "plan", "trt", "tensorrt", "xml", "params", "pdmodel", "caffemodel",
            "prototxt", "mar", "npy", "npz":
            throw refusal("a file of another program", "Export the network to ONNX with the program that it was trained in.")
        default: break
        }
    }

    /// - Throws: ``OtherFormatError`` where a folder holds models, but none that the folder stands for.
    static func refuseFolder(_ path: String) throws {
        guard Folder.exists(path), let files = try? FileManager.default.contentsOfDirectory(atPath: path).sorted() else { return }
        func has(_ name: String) -> Bool { files.contains(name) }
        guard !files.contains(where: { $0.hasSuffix(".safetensors") || $0.hasSuffix(".safetensors.index.json") }) else { return }
        let models = files.filter { $0.hasSuffix(".onnx") }
        if !models.isEmpty {
            let paths = models.prefix(8).map { "'" + URL(filePath: path).appending(path: $0).path(percentEncoded: false) + "'" }
            throw OtherFormatError(path, "a folder with ONNX files", "Name the file itself: \(paths.joined(separator: ", ")).")
        }
        if has("saved_model.pb") {
            throw OtherFormatError(path, "a saved model of TensorFlow", tensorFlow("--saved-model '\(path)'"))
        }
        if files.contains(where: { $0.hasPrefix("pytorch_model") }) {
            throw OtherFormatError(path, "a checkpoint with weights of PyTorch alone", pytorch)
        }
        if !has("config.json") {
            throw OtherFormatError(path, "a folder without a model", "Check the path.")
        }
    }
}
