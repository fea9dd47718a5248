import Foundation
import VolleyGraph

/// Turns tensors of the file into arrays.
struct TensorReader {
    private var external: ExternalData
    /// How many elements the tensors had that were read so far.
    private(set) var elementsRead = 0

    init(modelPath: String) { external = ExternalData(modelPath: modelPath) }

    /// The files beside the model that were read.
    var externalPaths: [String] { external.paths }

    /// - Throws: ``ONNXError`` where the data does not fill the declared shape, or is of a kind that is not read.
    mutating func read(_ tensor: Onnx_TensorProto) throws -> Known {
        do {
            return try array(tensor)
        } catch var error as ONNXError {
            if !tensor.name.isEmpty { error.message = "the tensor \(tensor.name.quoted): " + error.message }
            throw error
        }
    }

    private mutating func array(_ tensor: Onnx_TensorProto) throws -> Known {
        let kind = try ElementKind(Int(tensor.dataType))
        let (shape, count) = try shape(tensor.dims)
        let decoder = ElementDecoder(type: Onnx_TensorProto.DataType(rawValue: Int(tensor.dataType)) ?? .undefined)
        let content: Known.Content
        if tensor.dataLocation == .external {
            let data = try external.bytes(tensor.externalData, expected: decoder.byteCount(of: count))
            content = decoder.decode(Data(data), count: count)
        } else if tensor.hasRawData {
            guard tensor.rawData.count == decoder.byteCount(of: count) else {
                throw ONNXError(
                    .malformed, "the shape \(shape) needs \(decoder.byteCount(of: count)) bytes, found \(tensor.rawData.count)")
            }
            content = decoder.decode(tensor.rawData, count: count)
        } else {
            content = try listed(tensor, decoder, count, shape)
        }
        elementsRead = elementsRead.saturatingAdd(count)
        let name = tensor.name.isEmpty ? nil : tensor.name
        if case .floats(let values) = content, values.count == 1, let precision = RoundedNumber.Precision(decoder.type) {
            return Known(kind, shape, .floats([RoundedNumber.meant(by: values[0], precision)]), name: name)
        }
        return Known(kind, shape, content, name: name)
    }

    private func shape(_ dims: [Int64]) throws -> (shape: [Int], count: Int) {
        guard dims.count <= Limits.rank else {
            throw ONNXError(.unsupported, "\(dims.count) axes are more than the \(Limits.rank) that are supported")
        }
        let lengths = try dims.map { length in
            guard (0...Int64(Limits.length)).contains(length) else {
                throw ONNXError(.malformed, "the shape \(dims) makes no sense")
            }
            return Int(length)
        }
        guard SymbolicShape(lengths.map { SymbolicLength($0) }).isSupported else {
            throw ONNXError(.tooLarge, "the shape \(dims) is larger than any model needs")
        }
        return (lengths, lengths.reduce(1, *))
    }

    /// The elements that stand one by one in the message's typed fields.
    private func listed(
        _ tensor: Onnx_TensorProto, _ decoder: ElementDecoder, _ count: Int, _ shape: [Int]
    ) throws -> Known.Content {
        func checked(_ found: Int, _ needed: Int? = nil) throws {
            guard found == needed ?? count else {
                throw ONNXError(.malformed, "the shape \(shape) needs \(needed ?? count) elements, found \(found)")
            }
        }
        func numbers(_ values: some Sequence<Double>) -> Known.Content { .numbers(values.map { KnownNumber($0) }) }
        switch decoder.type {
        case .float:
            try checked(tensor.floatData.count)
            return .floats(tensor.floatData)
        case .float16, .bfloat16:
            try checked(tensor.int32Data.count)
            let isHalf = decoder.type == .float16
            return .floats(
                tensor.int32Data.map { bits in
                    let bits = UInt16(truncatingIfNeeded: bits)
                    return isHalf ? Float(float16: bits) : Float(bitPattern: UInt32(bits) << 16)
                })
        case .double:
            try checked(tensor.doubleData.count)
            return numbers(tensor.doubleData)
        case .int64:
            try checked(tensor.int64Data.count)
            return numbers(tensor.int64Data.lazy.map { Double($0) })
        case .uint32, .uint64:
            try checked(tensor.uint64Data.count)
            return numbers(tensor.uint64Data.lazy.map { Double($0) })
        case .int4, .uint4:
            try checked(tensor.int32Data.count, (count + 1) / 2)
            return .numbers((0..<count).map { decoder.halfByte(Int(tensor.int32Data[$0 / 2]) >> (4 * ($0 % 2))) })
        default:
            try checked(tensor.int32Data.count)
            let isTruth = decoder.type == .bool
            return numbers(tensor.int32Data.lazy.map { isTruth && $0 != 0 ? 1 : Double($0) })
        }
    }
}
