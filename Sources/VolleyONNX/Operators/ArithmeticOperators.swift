import VolleyGraph

/// Sums, products and other functions of several values.
enum ArithmeticOperators {
    static let handlers: [String: Handler] = [
        "Add": { [try $0.binary(.add, $0.input(0), $0.input(1))] },
        "Sub": { [try $0.binary(.subtract, $0.input(0), $0.input(1))] },
        "Mul": { [try $0.binary(.multiply, $0.input(0), $0.input(1))] },
        "Div": { [try $0.binary(.divide, $0.input(0), $0.input(1))] },
        "Pow": { [try $0.binary(.power, $0.input(0), $0.input(1), kind: $0.input(0).kind)] },
        "Mod": { [try $0.binary(try $0.flag("fmod") ? .remainder : .modulo, $0.input(0), $0.input(1))] },
        "Max": { [try fold(.maximum, $0)] },
        "Min": { [try fold(.minimum, $0)] },
        "Sum": { [try fold(.add, $0)] },
        "Mean": mean,
        "Neg": { [try $0.unary(.negate, $0.input(0))] },
        "Abs": { [try $0.unary(.absolute, $0.input(0))] },
        "Reciprocal": { [try $0.unary(.reciprocal, $0.input(0))] },
        "Sqrt": { [try $0.unary(.sqrt, $0.input(0))] },
        "Exp": { [try $0.unary(.exp, $0.input(0))] },
        "Log": { [try $0.unary(.log, $0.input(0))] },
        "Erf": { [try $0.unary(.erf, $0.input(0))] },
        "Sin": { [try $0.unary(.sin, $0.input(0))] },
        "Cos": { [try $0.unary(.cos, $0.input(0))] },
        "Floor": { [try $0.unary(.floor, $0.input(0))] },
        "Ceil": { [try $0.unary(.ceil, $0.input(0))] },
        "Round": { [try $0.unary(.round, $0.input(0))] },
        "Sign": { [try $0.unary(.sign, $0.input(0))] },
        "CumSum": cumulativeSum,
    ]

    private static func fold(_ function: BinaryFunction, _ call: Call) throws -> Value {
        var result = try call.input(0)
        for index in 1..<max(1, call.inputs.count) {
            let isLast = index == call.inputs.count - 1
            result = try call.binary(function, result, try call.input(index), isLast ? nil : "part\(index)")
        }
        return result
    }

    private static func mean(_ call: Call) throws -> [Value?] {
        var sum = try call.input(0)
        for index in 1..<max(1, call.inputs.count) { sum = try call.binary(.add, sum, try call.input(index), "part\(index)") }
        return [try call.binary(.divide, sum, Value(Float(call.inputs.count)))]
    }

    private static func cumulativeSum(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let axes = try call.knownIntegers(1, "the axis")
        guard axes.count == 1 else { throw call.mismatch("one axis is needed, found \(axes)") }
        let axis = try call.axis(axes[0], rank: value.rank)
        let operation = CumulativeSum(
            axis: axis, exclusive: try call.flag("exclusive"), reverse: try call.flag("reverse"))
        return [try call.emit(.cumulativeSum(operation), [value])]
    }
}
