import VolleyGraph

/// Numbers as whole multiples of a step, and back. On weights this is done at import; on computed values it is the rounding that
/// the network was trained or calibrated with.
enum QuantizationOperators {
    static let handlers: [String: Handler] = [
        "QuantizeLinear": quantize, "DequantizeLinear": dequantize, "DynamicQuantizeLinear": quantizeByRange,
    ]

    private static func quantize(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        var format = IntegerFormat.uint8
        if let zero = call.optional(2) {
            guard let own = zero.kind.integerFormat else { throw call.unsupported("it rounds to other numbers than integers") }
            format = own
        } else if let type = call.attribute("output_dtype")?.i, type != 0 {
            guard let own = try ElementKind(Int(type)).integerFormat else { throw call.unsupported("it rounds to other numbers than integers") }
            format = own
        }
        let scale = try parameter(call, 1, like: value, "scale")
        let zero = try call.optional(2) == nil ? Value(0) : parameter(call, 2, like: value, "zero")
        return [try rounded(call, value, scale, zero, format)]
    }

    private static func rounded(
        _ call: Call, _ value: Value, _ scale: Value, _ zero: Value, _ format: IntegerFormat, _ part: String? = nil
    ) throws -> Value {
        let operation = Quantization(lowest: Float(format.lowest), highest: Float(format.highest))
        return try call.emit(.quantization(operation), [value, scale, zero], kind: .whole(format), part)
    }

    /// `(q − zero)·scale`.
    private static func dequantize(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let scale = try parameter(call, 1, like: value, "scale")
        var shifted = value.with(kind: .float)
        if call.optional(2) != nil {
            let zero = try parameter(call, 2, like: value, "zero").with(kind: .float)
            let isZero = zero.known.map { known in known.numbers.allSatisfy { $0.value == 0 } } ?? false
            if !isZero { shifted = try call.emit(.elementwise(Elementwise(.subtract)), [shifted, zero], kind: .float, "shifted") }
        }
        return [try call.emit(.elementwise(Elementwise(.multiply)), [shifted, scale], kind: .float)]
    }

    /// One number for all, one for each position of an axis, or one for each block along it, stretched to fit the value.
    private static func parameter(_ call: Call, _ index: Int, like value: Value, _ part: String) throws -> Value {
        let parameter = try call.input(index)
        if parameter.shape.dimensions.allSatisfy({ $0 == 1 }) { return try call.reshape(parameter, to: [], part) }
        let axis = try call.axis(try call.int("axis", 1), rank: value.rank)
        let block = try call.int("block_size", 0)
        if block == 0 {
            guard parameter.shape == [value.shape[axis]] else {
                throw call.mismatch("its \(part) of shape \(parameter.shape) does not fit axis \(axis) of \(value.shape)")
            }
            let behind = [SymbolicLength](repeating: 1, count: value.rank - axis - 1)
            return try call.reshape(parameter, to: SymbolicShape([value.shape[axis]] + behind), part)
        }
        let length = value.shape[axis]
        var blocks = value.shape
        blocks[axis] = SymbolicLength((length.size + block - 1) / max(1, block))
        guard block > 0, !length.scalesWithBatch, parameter.shape == blocks else {
            throw call.mismatch("its \(part) of shape \(parameter.shape) does not fit blocks of \(block) along axis \(axis) of \(value.shape)")
        }
        let (before, behind) = (blocks.dimensions[...axis], blocks.dimensions[(axis + 1)...])
        let column = try call.reshape(parameter, to: SymbolicShape(before + [1] + behind), part + ".column")
        let repeated = try call.expand(column, to: SymbolicShape(before + [SymbolicLength(block)] + behind), part + ".repeated")
        blocks[axis].size *= block
        let full = try call.reshape(repeated, to: blocks, part + ".full")
        return try call.slice(full, axis: axis, start: 0, length: length.size, part)
    }

    /// To the 8-bit integers that reach from the smallest to the largest element, 0 among them.
    private static func quantizeByRange(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        guard !value.shape.scalesWithBatch else {
            throw call.unsupported("it rounds by the range of the whole batch; quantise the model statically, or convert the float model")
        }
        let axes = Array(0..<value.rank)
        let largest = try call.binary(.maximum, call.reduce(.maximum, value, axes: axes, keepsAxes: false, "largest"), Value(0), "high")
        let smallest = try call.binary(.minimum, call.reduce(.minimum, value, axes: axes, keepsAxes: false, "smallest"), Value(0), "low")
        let scale = try call.binary(.divide, call.binary(.subtract, largest, smallest, "range"), Value(255), "scale")
        let steps = try call.unary(.round, call.binary(.divide, smallest, scale, "steps"), "rounded")
        let zero = try call.unary(.negate, steps, "zero").with(kind: .whole(.uint8))
        return [try rounded(call, value, scale, zero, .uint8), scale, zero]
    }
}
