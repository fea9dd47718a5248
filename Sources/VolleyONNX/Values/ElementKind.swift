/// What the elements of a value are. In the graph all are floats; the kind decides how an operator treats them.
enum ElementKind: Sendable, Hashable {
    case float
    /// 64-bit floats in the file: as precise while they are known at import.
    case double
    case whole(IntegerFormat)
    case boolean

    /// Shapes and indices.
    static let integer = ElementKind.whole(.int64)

    var isFloating: Bool { self == .float || self == .double }

    var isInteger: Bool { integerFormat != nil }

    var integerFormat: IntegerFormat? { if case .whole(let format) = self { format } else { nil } }

    /// The kind of the elements that the format numbers `type`.
    /// - Throws: ``ONNXError`` for what cannot be floats: texts, complex numbers, 4- and 8-bit floats.
    init(_ type: Int) throws {
        func whole(_ bits: Int, _ isSigned: Bool) -> Self { .whole(IntegerFormat(bits: bits, isSigned: isSigned)) }
        switch Onnx_TensorProto.DataType(rawValue: type) {
        case .float, .float16, .bfloat16: self = .float
        case .double: self = .double
        case .int4: self = whole(4, true)
        case .uint4: self = whole(4, false)
        case .int8: self = whole(8, true)
        case .uint8: self = whole(8, false)
        case .int16: self = whole(16, true)
        case .uint16: self = whole(16, false)
        case .int32: self = whole(32, true)
        case .uint32: self = whole(32, false)
        case .int64: self = whole(64, true)
        case .uint64: self = whole(64, false)
        case .bool: self = .boolean
        case .some(let other): throw ONNXError(.unsupported, "elements of type \(other) are not supported")
        case nil: throw ONNXError(.unsupported, "elements of the type numbered \(type) are not known here; export the model with 32-bit floats")
        }
    }
}

/// Integers of so many bits, with or without a sign.
struct IntegerFormat: Sendable, Hashable {
    var bits: Int
    var isSigned: Bool

    static let int64 = IntegerFormat(bits: 64, isSigned: true)
    static let uint8 = IntegerFormat(bits: 8, isSigned: false)

    /// How many numbers there are.
    var count: Double { Double(sign: .plus, exponent: bits, significand: 1) }
    var lowest: Double { isSigned ? -count / 2 : 0 }
    var highest: Double { lowest + count - 1 }

    /// A whole number as it is stored: what does not fit loses its upper bits.
    func wrapped(_ value: Double) -> Double {
        bits > 32 || (lowest...highest).contains(value) ? value : value - count * ((value - lowest) / count).rounded(.down)
    }
}
