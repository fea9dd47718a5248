import VolleyGraph

/// Functions between the layers of a network.
enum ActivationOperators {
    static let handlers: [String: Handler] = [
        "Relu": { [try $0.unary(.relu, $0.input(0))] },
        "Sigmoid": { [try $0.unary(.sigmoid, $0.input(0))] },
        "Tanh": { [try $0.unary(.tanh, $0.input(0))] },
        "Gelu": { call in
            [try call.unary(call.string("approximate", "none") == "tanh" ? .geluTanh : .gelu, call.input(0))]
        },
        "FastGelu": fastGelu,
        "QuickGelu": { [try $0.parametric(.swish, [$0.float("alpha", 1.702)], $0.input(0))] },
        "Swish": { [try $0.parametric(.swish, [$0.float("alpha", 1)], $0.input(0))] },
        "Softplus": { [try $0.unary(.softplus, $0.input(0))] },
        "Softsign": softsign,
        "Mish": { [try $0.unary(.mish, $0.input(0))] },
        "HardSwish": { [try $0.unary(.hardSwish, $0.input(0))] },
        "HardSigmoid": { [try $0.parametric(.hardSigmoid, [$0.float("alpha", 0.2), $0.float("beta", 0.5)], $0.input(0))] },
        "LeakyRelu": { [try $0.parametric(.leakyRelu, [$0.float("alpha", 0.01)], $0.input(0))] },
        "Elu": { [try $0.parametric(.elu, [$0.float("alpha", 1)], $0.input(0))] },
        "Celu": { [try $0.parametric(.celu, [$0.float("alpha", 1)], $0.input(0))] },
        "Selu": { call in
            [
                try call.parametric(
                    .selu, [call.float("alpha", 1.673_263_2), call.float("gamma", 1.050_701)], call.input(0))
            ]
        },
        "ThresholdedRelu": { [try $0.parametric(.thresholdedRelu, [$0.float("alpha", 1)], $0.input(0))] },
        "Shrink": { [try $0.parametric(.shrink, [$0.float("lambd", 0.5), $0.float("bias", 0)], $0.input(0))] },
        "PRelu": parametricRelu,
        "Clip": clip,
        "Softmax": softmax,
        "LogSoftmax": logSoftmax,
    ]

    private static func fastGelu(_ call: Call) throws -> [Value?] {
        var value = try call.input(0)
        if let bias = call.optional(1) { value = try call.binary(.add, value, bias, "biased") }
        return [try call.unary(.geluTanh, value)]
    }

    private static func softsign(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let divisor = try call.binary(.add, call.unary(.absolute, value, "size"), Value(1), "divisor")
        return [try call.binary(.divide, value, divisor)]
    }

    /// `max(x, 0) + slope·min(x, 0)`.
    private static func parametricRelu(_ call: Call) throws -> [Value?] {
        let (value, slope) = (try call.input(0), try call.input(1))
        let negative = try call.binary(
            .multiply, call.binary(.minimum, value, Value(0), "negative"), slope, "scaled")
        return [try call.binary(.add, call.binary(.maximum, value, Value(0), "positive"), negative)]
    }

    private static func clip(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let low = call.optional(1) ?? call.attribute("min").map { Value($0.f) }
        let high = call.optional(2) ?? call.attribute("max").map { Value($0.f) }
        if let lowest = low?.knownScalar, let highest = high?.knownScalar, value.known == nil {
            return [try call.parametric(.clip, [finite(lowest), finite(highest)], value)]
        }
        var result = value
        if let low { result = try call.binary(.maximum, result, low, high == nil ? nil : "low") }
        if let high { result = try call.binary(.minimum, result, high) }
        return [result]
    }

    private static func finite(_ number: Double) -> Float {
        let limit = Double(Float.greatestFiniteMagnitude)
        return number.isNaN ? 0 : Float(min(max(number, -limit), limit))
    }

    // MARK: Softmax

    private static func softmax(_ call: Call) throws -> [Value?] {
        let results = try overLastAxis(call) { value, part in try call.emit(.softmax(Softmax()), [value], part) }
        if case .node(let node) = results[0]?.content {
            let (value, axis) = (try call.input(0), try axis(call))
            call.importer.softmaxRows[node] = .init(value: value, axes: call.opset < 13 ? Array(axis..<value.rank) : [axis])
        }
        return results
    }

    private static func axis(_ call: Call) throws -> Int {
        try call.axis(try call.int("axis", call.opset < 13 ? 1 : -1), rank: call.input(0).rank)
    }

    /// `x − max − log Σ exp(x − max)`: finite where a softmax is 0.
    private static func logSoftmax(_ call: Call) throws -> [Value?] {
        try overLastAxis(call) { value, part in
            let axis = [value.rank - 1]
            let largest = try call.reduce(.maximum, value, axes: axis, keepsAxes: true, "largest")
            let shifted = try call.binary(.subtract, value, largest, "shifted")
            let sum = try call.reduce(.sum, call.unary(.exp, shifted, "powers"), axes: axis, keepsAxes: true, "sum")
            return try call.binary(.subtract, shifted, call.unary(.log, sum, "logarithm"), part)
        }
    }

    /// Before version 13 all axes from the named one on are one row; since then the named axis is.
    private static func overLastAxis(
        _ call: Call, _ body: (_ rows: Value, _ part: String?) throws -> Value
    ) throws -> [Value?] {
        let value = try call.input(0)
        let axis = try axis(call)
        if axis == value.rank - 1 { return [try body(value, nil)] }
        if call.opset < 13 {
            let width = value.shape.dimensions[axis...].reduce(1) { $0 * $1.size }
            guard !value.shape.dimensions[axis...].contains(where: \.scalesWithBatch) else {
                throw call.unsupported("the samples of a batch are mixed")
            }
            let rows = try call.reshape(
                value, to: SymbolicShape(value.shape.dimensions[..<axis] + [SymbolicLength(width)]), "rows")
            return [try call.reshape(try body(rows, "softmax"), to: value.shape)]
        }
        var order = Array(0..<value.rank)
        order.swapAt(axis, value.rank - 1)
        let rows = try call.transpose(value, order, "rows")
        return [try call.transpose(try body(rows, "softmax"), order)]
    }
}
