import Foundation
import VolleyTensors

/// The files beside a model that hold its large tensors. Only files in the model's folder, or below it, are read.
struct ExternalData {
    private let folder: URL
    /// The paths of the files that were read, in the order of their first use.
    private(set) var paths: [String] = []

    init(modelPath: String) { folder = URL(filePath: modelPath).deletingLastPathComponent() }

    /// The bytes that the entries of a tensor's `external_data` name.
    /// - Throws: ``ONNXError``.
    mutating func bytes(_ entries: [Onnx_StringStringEntryProto], expected: Int) throws -> [UInt8] {
        var fields: [String: String] = [:]
        for entry in entries {
            guard fields.updateValue(entry.value, forKey: entry.key) == nil else {
                throw ONNXError(.malformed, "the entry \(entry.key.quoted) of the external data is there twice")
            }
        }
        guard let location = fields["location"], !location.isEmpty else {
            throw ONNXError(.externalData, "data is stored outside the model, but no file is named")
        }
        let file = try file(location)
        let offset = try number(fields["offset"], "offset") ?? 0
        let length = try number(fields["length"], "length") ?? expected
        guard length == expected else {
            throw ONNXError(
                .externalData, "\(expected) bytes are needed from \(location.quoted), but \(length) are announced there")
        }
        guard offset <= file.count, length <= file.count - offset else {
            throw ONNXError(
                .externalData,
                "\(length) bytes from byte \(offset) are needed from \(location.quoted), but it is only "
                    + "\(file.count) bytes long; fetch or export it again")
        }
        return try ONNXFile.reading(file.path) { try file.bytes(offset..<offset + length) }
    }

    private func number(_ text: String?, _ name: String) throws -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw ONNXError(.externalData, "the \(name) \(text.quoted) of external data is not a number of bytes")
        }
        return number
    }

    private mutating func file(_ location: String) throws -> InputFile {
        let parts = location.split(separator: "/", omittingEmptySubsequences: false)
        guard !location.hasPrefix("/"), !location.contains("\\"), !location.contains("\0"), !parts.contains("..") else {
            throw ONNXError(
                .externalData, "the data file \(location.quoted) lies outside the model's folder; only files in it are read")
        }
        let url = folder.appending(path: location)
        let root = folder.resolvingSymlinksInPath().standardizedFileURL.path(percentEncoded: false)
        let target = url.resolvingSymlinksInPath().standardizedFileURL.path(percentEncoded: false)
        guard target.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
            throw ONNXError(
                .externalData, "the data file \(location.quoted) is a link out of the model's folder; put the file itself there")
        }
        let path = url.path(percentEncoded: false)
        let file: InputFile
        do {
            file = try ONNXFile.open(path)
        } catch let error as ONNXError {
            throw ONNXError(.externalData, "the data file \(location.quoted) is needed beside the model: \(error.message)")
        }
        if !paths.contains(path) { paths.append(path) }
        return file
    }
}
