import Foundation
import SwiftProtobuf

/// Reads the messages of an ONNX file.
enum ModelFile {
    /// The file is mapped only while it is parsed: afterwards the message holds the one copy of its data.
    /// - Throws: ``ONNXError``.
    static func read(_ path: String) throws -> Onnx_ModelProto {
        let data = try map(path)
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        let model: Onnx_ModelProto
        do {
            model = try Onnx_ModelProto(serializedBytes: data, options: options)
        } catch BinaryDecodingError.messageDepthLimit {
            throw ONNXError(.malformed, "its messages are nested too deeply; this is not a model of any exporter", path: path)
        } catch {
            throw ONNXError(
                .malformed, "the \(data.count) bytes are not a complete ONNX model; fetch or export the file again", path: path)
        }
        guard model.hasGraph else {
            throw ONNXError(.malformed, "the file holds no graph; expected an ONNX model", path: path)
        }
        return model
    }

    /// - Throws: ``ONNXError`` that says why the file cannot be read.
    static func map(_ path: String) throws -> Data {
        guard FileManager.default.fileExists(atPath: path) else {
            throw ONNXError(.notFound, "there is no such file; check the path", path: path)
        }
        let kind = try? URL(filePath: path).resourceValues(forKeys: [.isDirectoryKey])
        guard kind?.isDirectory != true else { throw ONNXError(.unreadable, "this is a folder; expected a file", path: path) }
        do {
            return try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
        } catch {
            throw ONNXError(.unreadable, "the file cannot be read: \(error.localizedDescription)", path: path)
        }
    }
}
