import VolleyGraph
import VolleyTensors

/// Values with some rows or elements written anew, at places that are known at import: cut apart and put together again.
enum ScatterOperators {
    static let handlers: [String: Handler] = [
        "ScatterND": rows, "ScatterElements": elements, "Scatter": elements,
    ]

    // MARK: Rows

    private static func rows(_ call: Call) throws -> [Value?] {
        let (data, indices, updates) = (try call.input(0), try call.input(1), try call.input(2))
        let writer = try RowWriter(call)
        if case .sequence(let parts) = indices.content {
            guard let first = parts.first?.batchIndex, first.stride == 1, first.axis == 0, first.rest.knownScalar == 0 else {
                throw call.unsupported("rows are written across the samples of a batch")
            }
            let columns = try parts.dropFirst().map { try knownIndices(call, $0) }
            return [try ofEverySample(call, data, try joined(call, columns, like: indices), updates, writer)]
        }
        let known = try knownIndices(call, indices)
        guard let width = known.shape.last, width <= data.rank else { throw call.mismatch("its indices are too long") }
        guard width > 0, data.shape[0].scalesWithBatch else {
            let rows = try positions(call, known, in: data.shape.dimensions[..<width].map { $0 })
            return [try write(call, data, updates, axes: 0..<width, rows, known.shape.dropLast().map { $0 }, writer)]
        }
        // Where the file fixed the batch at 1, its only sample stands for each.
        let numbers = try known.integers()
        guard call.importer.freedBatch == 1, data.shape[0] == .batch, known.shape.count > 1, known.shape[0] == 1,
            stride(from: 0, to: numbers.count, by: width).allSatisfy({ numbers[$0] == 0 || numbers[$0] == -1 })
        else { throw call.unsupported("single samples of the batch are written to") }
        let own = Known(
            .integer, known.shape.dropLast() + [width - 1],
            .numbers(numbers.indices.filter { $0 % width != 0 }.map { KnownNumber(numbers[$0]) }))
        return [try ofEverySample(call, data, own, updates, writer)]
    }

    /// Writes the same rows of each sample; the indices are those within a sample, behind an axis of 1 in place of the batch.
    private static func ofEverySample(
        _ call: Call, _ data: Value, _ indices: Known, _ updates: Value, _ writer: RowWriter
    ) throws -> Value {
        let width = indices.shape[indices.shape.count - 1]
        guard data.rank > width, data.shape[0] == .batch, indices.shape[0] == 1 else {
            throw call.unsupported("rows are written across the samples of a batch")
        }
        let rows = try positions(call, indices, in: data.shape.dimensions[1..<(1 + width)].map { $0 })
        return try write(
            call, data, updates, axes: 1..<(1 + width), rows, indices.shape.dropLast().dropFirst().map { $0 }, writer)
    }

    /// Columns of indices `[…, 1]` side by side.
    private static func joined(_ call: Call, _ columns: [Known], like indices: Value) throws -> Known {
        var shape = indices.shape.perSample.dimensions
        shape[shape.count - 1] = 1
        let full = columns.map { $0.view(shape: shape, offset: 0, strides: broadcastStrides($0.shape, to: shape)) }
        guard !full.isEmpty else {
            shape[shape.count - 1] = 0
            return Known(.integer, shape, .numbers([]))
        }
        return Known.concatenating(full, axis: shape.count - 1)
    }

    private static func knownIndices(_ call: Call, _ indices: Value) throws -> Known {
        guard let known = call.knownPerSample(indices) else {
            throw call.unsupported("its indices are computed from the network's inputs; they must be known at import")
        }
        return known
    }

    /// The row that each tuple of indices names, counted through the axes that it indexes.
    private static func positions(_ call: Call, _ indices: Known, in lengths: [SymbolicLength]) throws -> [Int] {
        guard !lengths.contains(where: \.scalesWithBatch) else { throw call.unsupported("single samples of the batch are written to") }
        let numbers = try indices.integers()
        let width = lengths.count
        let count = indices.shape.dropLast().reduce(1, *)
        return try (0..<count).map { row in
            try (0..<width).reduce(0) { position, axis in
                let (index, length) = (numbers[row * width + axis], lengths[axis].size)
                return position * length + (try counted(call, index, length))
            }
        }
    }

    private static func counted(_ call: Call, _ index: Int, _ length: Int) throws -> Int {
        let position = index < 0 ? index &+ length : index
        guard (0..<length).contains(position) else { throw call.mismatch("there is no position \(index) in an axis of \(length)") }
        return position
    }

    /// Writes to rows of `data`, whose axes `axes` are counted through as one.
    /// - Parameter shape: of the rows written, in `updates`.
    private static func write(
        _ call: Call, _ data: Value, _ updates: Value, axes: Range<Int>, _ rows: [Int], _ shape: [Int], _ writer: RowWriter
    ) throws -> Value {
        let (before, behind) = (data.shape.dimensions[..<axes.lowerBound], data.shape.dimensions[axes.upperBound...])
        let wanted = SymbolicShape(before + shape.map { SymbolicLength($0) } + behind)
        guard updates.shape == wanted else { throw call.mismatch("updates \(updates.shape) where \(wanted) are written") }
        let count = SymbolicLength(data.shape.dimensions[axes].reduce(1) { $0 * $1.size })
        let flat = try call.reshape(data, to: SymbolicShape(before + [count] + behind), "rows")
        let news = try call.reshape(updates, to: SymbolicShape(before + [SymbolicLength(rows.count)] + behind), "updates")
        let written = try writer.put(news, into: flat, axis: axes.lowerBound, at: rows, call)
        return try call.reshape(written, to: data.shape)
    }

    // MARK: Elements

    private static func elements(_ call: Call) throws -> [Value?] {
        let (data, indices, updates) = (try call.input(0), try call.input(1), try call.input(2))
        let writer = try RowWriter(call)
        let axis = try call.axis(try call.int("axis", 0), rank: data.rank)
        let known = try knownIndices(call, indices)
        guard known.shape.count == data.rank, updates.rank == data.rank else {
            throw call.mismatch("indices \(indices.shape) and updates \(updates.shape) for an input of shape \(data.shape)")
        }
        guard !data.shape[axis].scalesWithBatch else { throw call.unsupported("single samples of the batch are written to") }
        let length = data.shape[axis].size
        let places = try known.integers().map { try counted(call, $0, length) }
        let (own, whole) = (known.shape, data.shape.perSample.dimensions)
        guard zip(own, whole).enumerated().allSatisfy({ $0 == axis || $1.0 <= $1.1 }) else {
            throw call.mismatch("indices \(indices.shape) for an input of shape \(data.shape)")
        }
        let strides = rowMajorStrides(own)
        // The same places for all elements beside the axis: whole rows.
        var fits = updates.shape
        fits[axis] = data.shape[axis]
        let row = (0..<own[axis]).map { places.isEmpty ? 0 : places[$0 * strides[axis]] }
        if fits == data.shape, places.indices.allSatisfy({ places[$0] == row[$0 / strides[axis] % own[axis]] }) {
            return [try writer.put(updates, into: data, axis: axis, at: row, call)]
        }
        // Otherwise every element is a row of its own.
        let batch = data.shape[0].scalesWithBatch ? 1 : 0
        guard !data.shape.dimensions.dropFirst(batch).contains(where: \.scalesWithBatch),
            batch == 0 || data.shape[0] == .batch && updates.shape[0] == .batch
        else { throw call.unsupported("single samples of the batch are written to") }
        let wholeStrides = rowMajorStrides(whole)
        let rows = places.indices.map { index in
            own.indices.reduce(0) { sum, other in
                sum + wholeStrides[other] * (other == axis ? places[index] : index / strides[other] % own[other])
            }
        }
        func flat(_ value: Value, _ count: Int, _ part: String) throws -> Value {
            try call.reshape(value, to: SymbolicShape(data.shape.dimensions[..<batch] + [SymbolicLength(count)]), part)
        }
        let written = try writer.put(
            flat(updates, places.count, "updates"), into: flat(data, whole.reduce(1, *), "elements"), axis: batch, at: rows, call)
        return [try call.reshape(written, to: data.shape)]
    }
}

/// What becomes of an old row and a new one.
private struct RowWriter {
    private let function: BinaryFunction?
    /// How often one row may be written to.
    private static let mostRounds = 64
    /// Of how many pieces a value is put together; more are looked up by their positions.
    private static let mostPieces = 32

    init(_ call: Call) throws {
        switch call.string("reduction", "none") {
        case "none": function = nil
        case "add": function = .add
        case "mul": function = .multiply
        case "max": function = .maximum
        case "min": function = .minimum
        case let other: throw call.unsupported("its reduction is \(other.quoted)")
        }
    }

    /// `data` with the rows of `news` along an axis put to `rows`.
    func put(_ news: Value, into data: Value, axis: Int, at rows: [Int], _ call: Call) throws -> Value {
        guard news.shape[axis] == SymbolicLength(rows.count) else { throw call.mismatch("\(news.shape[axis]) updates for \(rows.count) places") }
        let count = data.shape[axis].size
        if rows.isEmpty { return data }
        guard let function else {
            // Of several updates of one row the last one stays.
            var sources = Array(0..<count)
            for (update, row) in rows.enumerated() { sources[row] = count + update }
            return try assembled(call, data, news, axis, sources, nil)
        }
        // Each round writes to every row once at most.
        var rounds: [[Int: Int]] = []
        for (update, row) in rows.enumerated() {
            let round = rounds.firstIndex { $0[row] == nil } ?? rounds.count
            if round == rounds.count { rounds.append([:]) }
            rounds[round][row] = update
        }
        guard rounds.count <= Self.mostRounds else { throw call.unsupported("one place is written to \(rounds.count) times") }
        return try rounds.enumerated().reduce(data) { result, round in
            let sources = (0..<count).map { row in round.element[row].map { count + $0 } ?? row }
            let neutral = try neutral(call, function, data)
            let change = try assembled(call, neutral, news, axis, sources, "round\(round.offset).updates")
            let isLast = round.offset == rounds.count - 1
            return try call.binary(function, result, change, isLast ? nil : "round\(round.offset)")
        }
    }

    /// What changes nothing: for rows that no update goes to.
    private func neutral(_ call: Call, _ function: BinaryFunction, _ data: Value) throws -> Value {
        switch function {
        case .add, .multiply:
            let number = Value(function == .add ? 0 : 1).with(kind: data.kind)
            return try call.expand(number, to: data.shape, "neutral")
        default: return data
        }
    }

    /// Rows of `data`, and, numbered after them, of `news`, in a new order.
    private func assembled(
        _ call: Call, _ data: Value, _ news: Value, _ axis: Int, _ sources: [Int], _ part: String?
    ) throws -> Value {
        let count = data.shape[axis].size
        var pieces: [Range<Int>] = []
        for source in sources {
            if let last = pieces.last, last.upperBound == source, source != count {
                pieces[pieces.count - 1] = last.lowerBound..<source + 1
            } else {
                pieces.append(source..<source + 1)
            }
        }
        let prefix = part.map { $0 + "." } ?? ""
        if pieces.count <= Self.mostPieces || data.known != nil && news.known != nil {
            let values = try pieces.enumerated().map { index, piece in
                let isOld = piece.lowerBound < count
                return try call.slice(
                    isOld ? data : news, axis: axis, start: piece.lowerBound - (isOld ? 0 : count), length: piece.count,
                    prefix + "piece\(index)")
            }
            return try ShapeOperators.concatenate(call, values, axis: axis, part)
        }
        let both = try ShapeOperators.concatenate(call, [data, news], axis: axis, prefix + "both")
        let index = Value(Known(integers: sources))
        return try call.emit(.gather(Gather(axis: axis)), [both, index], part)
    }
}
