public import VolleyTensors

/// Writes safetensors files.
public enum Safetensors {
    /// Writes the tensors as F32, in their order, and the metadata, sorted; the same input makes the same bytes. The file
    /// appears when it is complete.
    /// - Precondition: no two tensors have the same name, and none is called `__metadata__`.
    /// - Throws: `FormatError` (`writeFailed`).
    public static func write(tensors: [(String, Tensor)], metadata: [String: String] = [:], to path: String) throws {
        let names = Set(tensors.map(\.0))
        precondition(names.count == tensors.count, "two tensors have the same name")
        precondition(!names.contains(SafetensorsHeader.metadataName), "a tensor cannot be called __metadata__")
        try AtomicFile.write(to: path) { file in
            try file.append(header(tensors, metadata))
            for (_, tensor) in tensors { try tensor.forEachPieceOfBytes(file.append) }
        }
    }

    /// The length and the JSON text, padded with spaces so that the data begins at a multiple of 8.
    private static func header(_ tensors: [(String, Tensor)], _ metadata: [String: String]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
            let text = pairs.map { JSONValue.quote($0.key) + ":" + JSONValue.quote($0.value) }.joined(separator: ",")
            members.append("\(JSONValue.quote(SafetensorsHeader.metadataName)):{\(text)}")
        }
        var offset = 0
        for (name, tensor) in tensors {
            let shape = tensor.shape.dimensions.map(String.init).joined(separator: ",")
            let end = offset + 4 * tensor.count
            members.append(
                "\(JSONValue.quote(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        text += [UInt8](repeating: UInt8(ascii: " "), count: -text.count & 7)
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt64(text.count))
        return bytes + text
    }
}
