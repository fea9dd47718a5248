public import VolleyTensors

/// An array to be written to a safetensors file; the elements in row-major order, as many as the shape has.
public enum SafetensorsArray: Sendable, Hashable {
    case float32(Tensor)
    case int8(Shape, [Int8])
    case int16(Shape, [Int16])

    public var shape: Shape {
        switch self {
        case .float32(let tensor): tensor.shape
        case .int8(let shape, _), .int16(let shape, _): shape
        }
    }

    /// The element type's name in the file.
    var type: String {
        switch self {
        case .float32: "F32"
        case .int8: "I8"
        case .int16: "I16"
        }
    }

    var byteCount: Int {
        switch self {
        case .float32(let tensor): 4 * tensor.count
        case .int8(_, let values): values.count
        case .int16(_, let values): 2 * values.count
        }
    }

    func append(to file: AtomicFile) throws {
        switch self {
        case .float32(let tensor): try file.append(tensor)
        case .int8(_, let values): try file.append(values.map { UInt8(bitPattern: $0) })
        case .int16(_, let values):
            var bytes: [UInt8] = []
            bytes.reserveCapacity(2 * values.count)
            for value in values { bytes.append(littleEndian: value) }
            try file.append(bytes)
        }
    }
}

/// Writes safetensors files.
public enum Safetensors {
    /// Writes the tensors as F32, in their order, and the metadata, sorted; the same input makes the same bytes. The file
    /// appears when it is complete.
    /// - Precondition: no two tensors have the same name, and none is called `__metadata__`.
    /// - Throws: `FormatError` (`writeFailed`).
    public static func write(tensors: [(String, Tensor)], metadata: [String: String] = [:], to path: String) throws {
        try write(arrays: tensors.map { ($0, .float32($1)) }, metadata: metadata, to: path)
    }

    /// The same for arrays of several types.
    /// - Precondition: no two arrays have the same name, none is called `__metadata__`, and each fills its shape.
    /// - Throws: `FormatError` (`writeFailed`).
    public static func write(arrays: [(String, SafetensorsArray)], metadata: [String: String] = [:], to path: String) throws {
        let names = Set(arrays.map(\.0))
        precondition(names.count == arrays.count, "two tensors have the same name")
        precondition(!names.contains(SafetensorsHeader.metadataName), "a tensor cannot be called __metadata__")
        try AtomicFile.write(to: path) { file in
            try file.append(header(arrays, metadata))
            for (_, array) in arrays { try array.append(to: file) }
        }
    }

    /// The length and the JSON text, padded with spaces so that the data begins at a multiple of 8.
    private static func header(_ arrays: [(String, SafetensorsArray)], _ metadata: [String: String]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
            let text = pairs.map { JSONValue.quote($0.key) + ":" + JSONValue.quote($0.value) }.joined(separator: ",")
            members.append("\(JSONValue.quote(SafetensorsHeader.metadataName)):{\(text)}")
        }
        var offset = 0
        for (name, array) in arrays {
            let shape = array.shape.dimensions.map(String.init).joined(separator: ",")
            let end = offset + array.byteCount
            members.append(
                "\(JSONValue.quote(name)):{\"dtype\":\"\(array.type)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        text += [UInt8](repeating: UInt8(ascii: " "), count: -text.count & 7)
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt64(text.count))
        return bytes + text
    }
}
