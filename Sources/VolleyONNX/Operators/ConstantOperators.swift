import VolleyGraph

/// Values that come from the file, or from shapes alone.
enum ConstantOperators {
    static let handlers: [String: Handler] = [
        "Constant": constant,
        "ConstantOfShape": constantOfShape,
        "Range": range,
        "Shape": shape,
        "Size": size,
        "EyeLike": eyeLike,
    ]

    private static func constant(_ call: Call) throws -> [Value?] {
        if let tensor = call.attribute("value") {
            guard tensor.hasT else { throw call.mismatch("the value is not a tensor") }
            var known = try call.importer.reader.read(tensor.t)
            if known.name == nil || known.name == "" || known.name == "value" { known.name = call.name }
            return [Value(known)]
        }
        if let number = call.attribute("value_float") { return [Value(number.f)] }
        if let number = call.attribute("value_int") { return [Value(Known(.integer, KnownNumber(Double(number.i))))] }
        if let list = call.attribute("value_floats") { return [Value(Known(.float, [list.floats.count], .floats(list.floats)))] }
        if let list = call.attribute("value_ints") {
            return [Value(Known(integers: list.ints.map { KnownNumber(Double($0)) }))]
        }
        throw call.unsupported("its value is neither numbers nor a dense tensor")
    }

    private static func constantOfShape(_ call: Call) throws -> [Value?] {
        let shape = try call.targetShape(0, "the shape")
        let scalar =
            try call.attribute("value").map { try call.importer.reader.read($0.t) }
            ?? Known(.float, [], .floats([0]))
        guard scalar.count == 1 else { throw call.mismatch("its value has \(scalar.count) elements") }
        return [try call.expand(Value(scalar.reshaped([])), to: shape)]
    }

    private static func range(_ call: Call) throws -> [Value?] {
        let bounds = try (0..<3).map { index in
            let known = try call.known(index, "the bounds")
            guard known.count == 1 else { throw call.mismatch("its bounds must be single numbers") }
            return known.numbers[0]
        }
        if bounds[1] == KnownNumber(.batch), bounds[0] == KnownNumber(0), bounds[2] == KnownNumber(1) {
            return [BatchIndexing.range()]
        }
        guard !bounds.contains(where: \.scalesWithBatch) else {
            throw call.unsupported("numbers up to \(bounds[1]) depend on the batch size")
        }
        let (start, limit, step) = (bounds[0].value, bounds[1].value, bounds[2].value)
        let numbers = max(0, ((limit - start) / step).rounded(.up))
        guard numbers <= Double(Limits.length) else {
            throw call.mismatch("the numbers from \(bounds[0]) to \(bounds[1]) in steps of \(bounds[2]) do not end")
        }
        let count = Int(numbers)
        try call.importer.reserve(count)
        let values = (0..<count).map { KnownNumber(start + Double($0) * step) }
        return [Value(Known(try call.input(0).kind, [values.count], .numbers(values)).rounded)]
    }

    private static func shape(_ call: Call) throws -> [Value?] {
        let lengths = try call.input(0).shape.dimensions
        func position(_ name: String, _ standard: Int) -> Int {
            let value = call.attribute(name).map { Int(clamping: $0.i) } ?? standard
            return min(max(value < 0 ? value + lengths.count : value, 0), lengths.count)
        }
        let (start, end) = (position("start", 0), position("end", lengths.count))
        return [Value(Known(integers: lengths[start..<max(start, end)].map { KnownNumber($0) }))]
    }

    private static func size(_ call: Call) throws -> [Value?] {
        let count = try call.input(0).shape.dimensions.reduce(KnownNumber(1)) {
            try KnownNumber.combine(.multiply, $0, KnownNumber($1), areIntegers: true)
        }
        return [Value(Known(.integer, count))]
    }

    private static func eyeLike(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        guard value.rank == 2, !value.shape.scalesWithBatch else { throw call.unsupported("it needs a matrix of fixed size") }
        let (rows, columns, offset) = (value.shape[0].size, value.shape[1].size, try call.int("k", 0))
        try call.importer.reserve(rows * columns)
        let numbers = (0..<rows).flatMap { row in (0..<columns).map { KnownNumber($0 == row + offset) } }
        let kind = try call.attribute("dtype").map { try ElementKind(Int($0.i)) } ?? value.kind
        return [Value(Known(kind, [rows, columns], .numbers(numbers)).rounded)]
    }
}

extension Call {
    /// A shape that an input lists.
    func targetShape(_ index: Int, _ what: String) throws -> SymbolicShape {
        let listed = try known(index, what)
        guard listed.count <= Limits.rank else {
            throw ONNXError(.unsupported, "\(what) has \(listed.count) axes, more than the \(Limits.rank) that are supported")
        }
        let lengths = try listed.numbers.map { number in
            guard let length = number.dimension else { throw mismatch("\(what) has a length of \(number)") }
            return length
        }
        let shape = SymbolicShape(lengths)
        try importer.check(shape)
        return shape
    }
}
