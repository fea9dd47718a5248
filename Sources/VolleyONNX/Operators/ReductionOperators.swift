import VolleyGraph

/// One number for all elements along some axes.
enum ReductionOperators {
    static let handlers: [String: Handler] = [
        "ReduceMean": { [try reduce(.mean, $0)] },
        "ReduceSum": { [try reduce(.sum, $0)] },
        "ReduceMax": { [try reduce(.maximum, $0)] },
        "ReduceMin": { [try reduce(.minimum, $0)] },
        "ReduceProd": { [try reduce(.product, $0)] },
        "ReduceSumSquare": { [try sumOfSquares($0, nil)] },
        "ReduceL2": { [try $0.unary(.sqrt, sumOfSquares($0, "sum"))] },
        "ReduceL1": { call in
            try composed(call) { value, axes, keepsAxes in
                try call.reduce(.sum, call.unary(.absolute, value, axes.isEmpty ? nil : "sizes"), axes: axes, keepsAxes: keepsAxes)
            }
        },
        "ReduceLogSum": { call in
            try composed(call) { value, axes, keepsAxes in
                try call.unary(.log, call.reduce(.sum, value, axes: axes, keepsAxes: keepsAxes, "sum"))
            }
        },
        "ReduceLogSumExp": logSumExp,
    ]

    /// The axes that are reduced, ascending; nil where nothing is.
    private static func axes(_ call: Call, _ value: Value) throws -> [Int]? {
        let given = try call.axes(input: 1) ?? []
        if given.isEmpty {
            return try call.flag("noop_with_empty_axes") ? nil : Array(0..<value.rank)
        }
        return Set(try given.map { try call.axis($0, rank: value.rank) }).sorted()
    }

    private static func composed(
        _ call: Call, _ body: (_ value: Value, _ axes: [Int], _ keepsAxes: Bool) throws -> Value
    ) throws -> [Value?] {
        let value = try call.input(0)
        return [try body(value, try axes(call, value) ?? [], try call.flag("keepdims", true))]
    }

    private static func reduce(_ function: Reduction.Function, _ call: Call) throws -> Value {
        let value = try call.input(0)
        guard let axes = try axes(call, value), !axes.isEmpty else { return value }
        let keepsAxes = try call.flag("keepdims", true)
        if let known = value.known, known.isArithmetic, axes.allSatisfy({ known.shape[$0] > 0 }),
            let combined = try combined(call, function, known, axes, keepsAxes)
        {
            return Value(combined)
        }
        return try call.reduce(function, value, axes: axes, keepsAxes: keepsAxes)
    }

    private static func combined(
        _ call: Call, _ function: Reduction.Function, _ known: Known, _ axes: [Int], _ keepsAxes: Bool
    ) throws -> Known? {
        let pairwise: BinaryFunction
        switch function {
        case .sum: pairwise = .add
        case .product: pairwise = .multiply
        case .maximum: pairwise = .maximum
        case .minimum: pairwise = .minimum
        case .mean: return nil
        }
        let areIntegers = known.kind.isInteger
        try call.importer.reserve(known.count, from: [known])
        return try known.reduced(axes, keepsAxes: keepsAxes) {
            try KnownNumber.combine(pairwise, $0, $1, areIntegers: areIntegers)
        }
    }

    /// The square is a power rather than a product: a product of two signals would be one of spikes.
    private static func sumOfSquares(_ call: Call, _ part: String?) throws -> Value {
        let value = try call.input(0)
        let axes = try axes(call, value) ?? []
        let squares = try call.binary(.power, value, Value(2), axes.isEmpty ? part : "squares")
        return try call.reduce(.sum, squares, axes: axes, keepsAxes: try call.flag("keepdims", true), part)
    }

    /// `max + log Σ exp(x − max)`.
    private static func logSumExp(_ call: Call) throws -> [Value?] {
        try composed(call) { value, axes, keepsAxes in
            if axes.isEmpty { return value }
            if axes.contains(where: { value.shape[$0] == 0 }) {
                return try call.reduce(.maximum, value, axes: axes, keepsAxes: keepsAxes)
            }
            let largest = try call.reduce(.maximum, value, axes: axes, keepsAxes: true, "largest")
            let powers = try call.unary(.exp, call.binary(.subtract, value, largest, "shifted"), "powers")
            let sum = try call.reduce(.sum, powers, axes: axes, keepsAxes: keepsAxes, "sum")
            let kept = keepsAxes ? largest : try call.reshape(largest, to: sum.shape, "base")
            return try call.binary(.add, call.unary(.log, sum, "logarithm"), kept)
        }
    }
}
