/// What the elements of a value are. In the graph all are floats; the kind decides how an operator treats them.
enum ElementKind: Sendable, Hashable {
    case float
    /// 64-bit floats in the file: as precise while they are known at import.
    case double
    case integer
    case boolean

    var isFloating: Bool { self == .float || self == .double }

    /// The kind of the elements that the format numbers `type`.
    /// - Throws: ``ONNXError`` for what cannot be floats: texts, complex numbers, 4- and 8-bit floats.
    init(_ type: Int) throws {
        switch Onnx_TensorProto.DataType(rawValue: type) {
        case .float, .float16, .bfloat16: self = .float
        case .double: self = .double
        case .uint8, .int8, .uint16, .int16, .int32, .int64, .uint32, .uint64: self = .integer
        case .bool: self = .boolean
        case .some(let other): throw ONNXError(.unsupported, "elements of type \(other) are not supported")
        case nil: throw ONNXError(.unsupported, "elements of the type numbered \(type) are not known here; export the model with 32-bit floats")
        }
    }
}
