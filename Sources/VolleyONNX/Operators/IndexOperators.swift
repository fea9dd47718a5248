import VolleyGraph

/// Elements and rows that indices name.
enum IndexOperators {
    static let handlers: [String: Handler] = [
        "Gather": gather,
        "GatherElements": gatherElements,
        "GatherND": gatherND,
        "ScatterND": scatterND,
        "NonZero": nonZero,
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
            try call.importer.check(SymbolicShape(shape.map { Dimension($0) }))
            let count = shape.reduce(1, *)
            try call.importer.reserve(count, like: source)
            let offsets = (0..<(count == 0 ? 0 : outer)).lazy.flatMap { block in
                positions.lazy.flatMap { position in (0..<inner).lazy.map { (block * length + position) * inner + $0 } }
            }
            return [Value(source.selecting(offsets, shape: shape))]
        }
        if let run = run(positions) {
            let shape = data.shape.dimensions[..<axis] + known.shape.map { Dimension($0) } + data.shape.dimensions[(axis + 1)...]
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
        let shape = known.shape.dropLast().map { Dimension($0) } + data.shape.dimensions[width...]
        return try call.reshape(data, to: SymbolicShape(shape))
    }

    // MARK: Constants only

    private static func scatterND(_ call: Call) throws -> [Value?] {
        let data = try call.known(0, "the data")
        let indices = try call.known(1, "the indices")
        let updates = try call.known(2, "the updates")
        let reductions: [String: BinaryFunction] = ["add": .add, "mul": .multiply, "max": .maximum, "min": .minimum]
        let reduction = reductions[call.string("reduction", "none")]
        guard let width = indices.shape.last, width <= data.shape.count else { throw call.mismatch("its indices are too long") }
        let rows = indices.shape.dropLast().reduce(1, *)
        let inner = data.shape[width...].reduce(1, *)
        guard updates.count == rows * inner else { throw call.mismatch("\(updates.count) updates for \(rows) places") }
        let (strides, positions) = (rowMajorStrides(data.shape), try indices.integers())
        let news = updates.numbers
        try call.importer.reserve(data.count, from: [data, updates])
        var values = data.numbers
        for row in 0..<rows {
            var offset = 0
            for axis in 0..<width {
                let index = positions[row * width + axis]
                let position = index < 0 ? index &+ data.shape[axis] : index
                guard (0..<data.shape[axis]).contains(position) else { throw call.mismatch("index \(index) lies outside \(data.shape)") }
                offset += position * strides[axis]
            }
            for element in 0..<inner {
                let (old, new) = (values[offset + element], news[row * inner + element])
                values[offset + element] = try reduction.map {
                    try KnownNumber.combine($0, old, new, areIntegers: data.kind == .integer)
                } ?? new
            }
        }
        return [Value(Known(data.kind, data.shape, .numbers(values)).rounded)]
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
