import SwiftProtobuf
import VolleyTensors

/// Reads the messages of an ONNX file.
enum ONNXFile {
    /// - Throws: ``ONNXError``.
    static func read(_ path: String) throws -> Onnx_ModelProto {
        let file = try open(path)
        let data = try reading(path) { try file.allBytes }
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        let model: Onnx_ModelProto
        do {
            model = try Onnx_ModelProto(serializedBytes: data, options: options)
        } catch BinaryDecodingError.messageDepthLimit {
            throw ONNXError(.malformed, "its messages are nested too deeply; this is not a model of any exporter", path: path)
        } catch {
            throw ONNXError(.malformed, notAModel(data), path: path)
        }
        guard model.hasGraph else {
            throw ONNXError(.malformed, "the file holds no graph; expected an ONNX model", path: path)
        }
        return model
    }

    /// What bytes are that cannot be read as a model.
    private static func notAModel(_ bytes: [UInt8]) -> String {
        if bytes.isEmpty { return "the file is empty; fetch or export it again" }
        if bytes.starts(with: Array("PK\u{3}\u{4}".utf8)) {
            return "this is a zip archive, as PyTorch's own files are, not an ONNX model; export the network with torch.onnx.export"
        }
        let beginning = bytes.prefix(512)
        if let text = String(validating: beginning, as: UTF8.self), text.allSatisfy({ !$0.isASCII || $0.isNewline || $0 == "\t" || $0 >= " " }) {
            return "this is a text, which begins with \(text.prefix(40).description.quoted), not an ONNX model; fetch or export the file again"
        }
        return "the \(bytes.count) bytes are not a complete ONNX model; fetch or export the file again"
    }

    /// - Throws: ``ONNXError`` that says why the file cannot be read.
    static func open(_ path: String) throws -> InputFile { try reading(path) { try InputFile(path: path) } }

    /// - Throws: ``ONNXError`` in place of `FileError`.
    static func reading<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as FileError {
            throw ONNXError(error.reason == .notFound ? .notFound : .unreadable, error.message, path: path)
        }
    }
}
