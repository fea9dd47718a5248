import VolleyGraph

/// Comparisons and logic; truth values are 0 and 1.
enum ComparisonOperators {
    static let handlers: [String: Handler] = [
        "Equal": { [try compare(.equal, $0)] },
        "Less": { [try compare(.less, $0)] },
        "LessOrEqual": { [try compare(.lessOrEqual, $0)] },
        "Greater": { [try compare(.greater, $0)] },
        "GreaterOrEqual": { [try compare(.greaterOrEqual, $0)] },
        "And": { [try compare(.and, $0)] },
        "Or": { [try compare(.or, $0)] },
        "Xor": { [try compare(.xor, $0)] },
        "Not": { [try $0.unary(.not, $0.input(0), kind: .boolean)] },
        "IsInf": isInfinite,
        "Cast": { [try cast($0, to: try ElementKind(try $0.int("to", 0)))] },
        "CastLike": { [try cast($0, to: try $0.input(1).kind)] },
    ]

    private static func compare(_ function: BinaryFunction, _ call: Call) throws -> Value {
        try call.binary(function, call.input(0), call.input(1), kind: .boolean)
    }

    private static func isInfinite(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let limit = Value(Limits.beyond)
        let (positive, negative) = (try call.flag("detect_positive", true), try call.flag("detect_negative", true))
        switch (positive, negative) {
        case (true, true):
            let size = try call.unary(.absolute, value, "size")
            return [try call.binary(.greater, size, limit, kind: .boolean)]
        case (true, false): return [try call.binary(.greater, value, limit, kind: .boolean)]
        case (false, true):
            return [try call.binary(.less, value, Value(-Limits.beyond), kind: .boolean)]
        case (false, false): return [try call.binary(.notEqual, value, value, kind: .boolean)]
        }
    }

    /// Cut towards zero; numbers that a short format does not hold lose their upper bits.
    private static func whole(_ call: Call, _ value: Value, _ format: IntegerFormat) throws -> Value {
        let isFloating = value.kind.isFloating
        let narrows = format.bits <= 16 && (isFloating || (value.kind.integerFormat.map { $0 != format && $0.bits >= format.bits } ?? false))
        let cut = isFloating ? try call.unary(.truncate, value, narrows ? "cut" : nil) : value
        guard narrows else { return cut.with(kind: .whole(format)) }
        let shifted = try call.binary(.subtract, cut, Value(Float(format.lowest)), "shifted")
        let wrapped = try call.binary(.modulo, shifted, Value(Float(format.count)), format.isSigned ? "wrapped" : nil)
        return try call.binary(.add, wrapped, Value(Float(format.lowest))).with(kind: .whole(format))
    }

    static func cast(_ call: Call, to kind: ElementKind) throws -> Value {
        let value = try call.input(0)
        if let known = value.known {
            try call.importer.reserve(kind.isFloating ? 0 : known.count, from: kind.isFloating ? [] : [known])
            return Value(try known.cast(to: kind))
        }
        if value.kind == kind { return value }
        switch kind {
        case .boolean: return try call.binary(.notEqual, value, Value(0), kind: .boolean)
        case .whole(let format): return try whole(call, value, format)
        case .float, .double: return value.with(kind: kind)
        }
    }
}
