import VolleyGraph

/// Elements and rows that indices name.
enum IndexOperators {
    static let handlers: [String: Handler] = [
        "Gather": gather,
        "GatherElements": gatherElements,
        "GatherND": gatherND,
        "NonZero": nonZero,
        "OneHot": oneHot,
    ]

    private static func gather(_ call: Call) throws -> [Value?] {
        let (data, indices) = (try call.input(0), try call.input(1))
        let axis = try call.axis(try call.int("axis", 0), rank: data.rank)
        if let index = indices.batchIndex {
            return [try BatchIndexing.gather(call, data, indices, index, axis: axis)]
        }
        guard let known = indices.known else {
            return [try call.emit(.gather(Gather(axis: axis)), [data, indices])]
        }
        guard !data.shape[axis].scalesWithBatch else {
            throw call.unsupported("single samples are picked out of the batch")
        }
        let length = data.shape[axis].size
        try call.importer.spend(known.byteCount)
        let positions = try known.integers().map { index in
            let position = index < 0 ? index &+ length : index
            guard (0..<length).contains(position) else {
                throw call.mismatch("index \(index) lies outside axis \(axis) of \(data.shape)")
            }
            return position
        }
        if let source = data.known {
            let outer = source.shape[..<axis].reduce(1, *)
            let inner = source.shape[(axis + 1)...].reduce(1, *)
            let shape = Array(source.shape[..<axis]) + known.shape + source.shape[(axis + 1)...]
            try call.importer.check(SymbolicShape(shape.map { SymbolicLength($0) }))
            let count = shape.reduce(1, *)
            try call.importer.reserve(count, like: source)
            let offsets = (0..<(count == 0 ? 0 : outer)).lazy.flatMap { block in
                positions.lazy.flatMap { position in (0..<inner).lazy.map { (block * length + position) * inner + $0 } }
            }
            return [Value(source.selecting(offsets, shape: shape))]
        }
        if let run = run(positions) {
            let shape = data.shape.dimensions[..<axis] + known.shape.map { SymbolicLength($0) } + data.shape.dimensions[(axis + 1)...]
            let isSliceOnly = known.shape.count == 1
            let part = try call.slice(
                data, axis: axis, start: run.start, length: positions.count, step: run.step, isSliceOnly ? nil : "slice")
            return [try call.reshape(part, to: SymbolicShape(Array(shape)))]
        }
        let index = Value(Known(.integer, known.shape, .numbers(positions.map { KnownNumber($0) }), name: known.name))
        return [try call.emit(.gather(Gather(axis: axis)), [data, index])]
    }

    /// Positions that lie equally far apart.
    private static func run(_ positions: [Int]) -> (start: Int, step: Int)? {
        guard let first = positions.first else { return nil }
        guard positions.count > 1 else { return (first, 1) }
        let step = positions[1] - first
        return step != 0 && zip(positions, positions.dropFirst()).allSatisfy { $1 - $0 == step } ? (first, step) : nil
    }

    private static func gatherElements(_ call: Call) throws -> [Value?] {
        let (data, indices) = (try call.input(0), try call.input(1))
        let axis = try call.axis(try call.int("axis", 0), rank: data.rank)
        return [try call.emit(.gatherElements(GatherElements(axis: axis)), [data, indices])]
    }

    private static func gatherND(_ call: Call) throws -> [Value?] {
        let (data, indices) = (try call.input(0), try call.input(1))
        if case .sequence(let tuple) = indices.content {
            guard try call.int("batch_dims", 0) == 0 else { throw call.unsupported("rows are picked across the samples of a batch") }
            let flat = try tuple.enumerated().map { index, value in
                try call.reshape(value, to: SymbolicShape(Array(value.shape.dimensions.dropLast())), "index\(index)")
            }
            return [try BatchIndexing.gatherND(call, data, flat)]
        }
        let batchAxes = try call.int("batch_dims", 0)
        if let known = indices.known, batchAxes == 0, let picked = try pickedByGrid(call, data, known) { return [picked] }
        return [try call.emit(.gatherND(GatherND(batchAxes: batchAxes)), [data, indices])]
    }

    /// Tuples of constants that name every row of the leading axes in order: a copy.
    private static func pickedByGrid(_ call: Call, _ data: Value, _ known: Known) throws -> Value? {
        guard let width = known.shape.last, width > 0, width <= data.rank else { return nil }
        let leading = data.shape.dimensions[..<width]
        guard !leading.contains(where: \.scalesWithBatch) else { return nil }
        let numbers = try known.integers()
        let count = leading.reduce(1) { $0 * $1.size }
        guard numbers.count == count * width else { return nil }
        let strides = rowMajorStrides(leading.map(\.size))
        for row in 0..<count {
            for axis in 0..<width where numbers[row * width + axis] != row / strides[axis] % leading[axis].size { return nil }
        }
        let shape = known.shape.dropLast().map { SymbolicLength($0) } + data.shape.dimensions[width...]
        return try call.reshape(data, to: SymbolicShape(shape))
    }

    /// One of two numbers at each position of a new axis: the second where the index names it.
    private static func oneHot(_ call: Call) throws -> [Value?] {
        let (indices, values) = (try call.input(0), try call.input(2))
        guard let depth = try call.knownIntegers(1, "the number of positions").first, (1...Limits.length).contains(depth),
            values.shape == [2]
        else { throw call.mismatch("a number of positions and two values are needed") }
        let axis = try call.axis(try call.int("axis", -1), rank: indices.rank + 1)
        var shape = indices.shape.dimensions
        shape.insert(1, at: axis)
        let column = try call.reshape(indices, to: SymbolicShape(shape), "column")
        let tail = [Int](repeating: 1, count: indices.rank - axis)
        try call.importer.reserve(depth)
        func names(from first: Int, _ part: String) throws -> Value {
            let positions = Known(.integer, [depth] + tail, .numbers((0..<depth).map { KnownNumber(first + $0) }))
            return try call.binary(.equal, column, Value(positions), kind: .boolean, part)
        }
        let isNamed = try call.binary(.or, names(from: 0, "named"), names(from: -depth, "named.backwards"), kind: .boolean, "either")
        let (off, on) = (
            try call.slice(values, axis: 0, start: 0, length: 1, "off"), try call.slice(values, axis: 0, start: 1, length: 1, "on")
        )
        return [try call.select(isNamed, on, off)]
    }

    private static func nonZero(_ call: Call) throws -> [Value?] {
        let known = try call.known(0, "the data")
        let strides = rowMajorStrides(known.shape)
        let truths = known.truths
        let found = truths.indices.filter { truths[$0] }
        try call.importer.reserve(found.count * known.shape.count)
        let rows = known.shape.indices.flatMap { axis in
            found.map { KnownNumber($0 / strides[axis] % known.shape[axis]) }
        }
        return [Value(Known(.integer, [known.shape.count, found.count], .numbers(rows)))]
    }
}
