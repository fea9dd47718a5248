internal import VolleyGraph
internal import VolleyONNX

extension BinaryFunction {
    /// Truth values are 0 and 1 in the network.
    func write(_ a: Symbol, _ b: Symbol) -> Symbol {
        switch self {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        case .maximum: a.atLeast(b)
        case .minimum: a.atMost(b)
        case .power: a.writer.operation("Pow", [a, b])
        case .modulo: Self.flooredRemainder(a, b)
        case .remainder: Self.remainder(a, b)
        case .equal: a.equals(b).asNumber
        case .notEqual: (!a.equals(b)).asNumber
        case .less: (a < b).asNumber
        case .lessOrEqual: (a <= b).asNumber
        case .greater: (a > b).asNumber
        case .greaterOrEqual: (a >= b).asNumber
        case .and: (a.asTruth && b.asTruth).asNumber
        case .or: (a.asTruth || b.asTruth).asNumber
        case .xor: a.writer.operation("Xor", [a.asTruth, b.asTruth]).asNumber
        }
    }

    /// With the sign of a.
    private static func remainder(_ a: Symbol, _ b: Symbol) -> Symbol { a.writer.operation("Mod", [a, b], [("fmod", .int(1))]) }

    /// With the sign of b.
    private static func flooredRemainder(_ a: Symbol, _ b: Symbol) -> Symbol {
        let rest = remainder(a, b)
        let isOpposite = rest.writer.operation("Xor", [rest < 0, b < 0])
        return (rest.asTruth && isOpposite).choose(rest + b, rest)
    }
}

extension UnaryFunction {
    func write(_ x: Symbol) -> Symbol {
        switch self {
        case .exp: x.applying("Exp")
        case .erf: x.applying("Erf")
        case .tanh: x.applying("Tanh")
        case .sigmoid: x.applying("Sigmoid")
        case .relu: x.applying("Relu")
        case .gelu: x * 0.5 * ((x * Float(0.5).squareRoot()).applying("Erf") + 1)
        case .geluTanh: x * 0.5 * (((x * x * x * 0.044715 + x) * (2 / Float.pi).squareRoot()).applying("Tanh") + 1)
        case .quickGELU: x * (x * 1.702).applying("Sigmoid")
        case .silu: x * x.applying("Sigmoid")
        case .sqrt: x.squareRoot
        case .negate: -x
        case .absolute: x.magnitude
        case .log: x.applying("Log")
        case .reciprocal: x.applying("Reciprocal")
        case .floor: x.floor
        case .ceil: x.ceiling
        case .round: x.rounded
        case .truncate: (x < 0).choose(x.ceiling, x.floor)
        case .sign: x.applying("Sign")
        case .sin: x.applying("Sin")
        case .cos: x.applying("Cos")
        case .not: x.equals(0).asNumber
        case .softplus: x.applying("Softplus")
        case .mish: x * x.applying("Softplus").applying("Tanh")
        case .relu6: x.limited(from: 0, to: 6)
        case .hardSwish: x.applying("HardSwish")
        case .isNaN: x.applying("IsNaN").asNumber
        }
    }
}

extension ParametricActivation {
    func write(_ x: Symbol) -> Symbol {
        let (first, second) = (parameters[0], parameters.count > 1 ? parameters[1] : 0)
        return switch function {
        case .leakyRelu: x.applying("LeakyRelu", [("alpha", .float(first))])
        case .elu: x.applying("Elu", [("alpha", .float(first))])
        case .celu: x.applying("Celu", [("alpha", .float(first))])
        case .selu: x.applying("Selu", [("alpha", .float(first)), ("gamma", .float(second))])
        case .hardSigmoid: x.applying("HardSigmoid", [("alpha", .float(first)), ("beta", .float(second))])
        case .clip: x.limited(from: first, to: second)
        case .thresholdedRelu: x.applying("ThresholdedRelu", [("alpha", .float(first))])
        case .shrink: x.applying("Shrink", [("lambd", .float(first)), ("bias", .float(second))])
        case .swish: x * (x * first).applying("Sigmoid")
        case .piecewiseLinear: x.alongLines(parameters)
        }
    }
}

extension Symbol {
    /// Straight lines through points, from m₀, x₁, y₁, …, m: from the nearer point on the left, left of all from the first.
    fileprivate func alongLines(_ parameters: [Float]) -> Symbol {
        let points = stride(from: 1, to: parameters.count - 1, by: 2).map { (x: parameters[$0], y: parameters[$0 + 1]) }
        let inner = zip(points, points.dropFirst()).map { left, right in
            Float((Double(right.y) - Double(left.y)) / (Double(right.x) - Double(left.x)))
        }
        let slopes = [parameters[0]] + inner + [parameters[parameters.count - 1]]
        // By how many points lie at or left of the argument.
        let starts = [points[0]] + points
        let search = CutoffSearch(cutoffs: [points.map(\.x)])
        let passed = search.place(of: self)
        func look(_ name: String, _ values: [Float]) -> Symbol { passed.lookedUp(in: search.table([values]), name) }
        return look("y", starts.map(\.y)) + look("slopes", slopes) * (self - look("x", starts.map(\.x)))
    }
}
