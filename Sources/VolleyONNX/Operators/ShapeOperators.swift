import VolleyGraph

/// The same elements in another arrangement.
enum ShapeOperators {
    static let handlers: [String: Handler] = [
        "Reshape": reshape,
        "Flatten": flatten,
        "Transpose": transpose,
        "Squeeze": squeeze,
        "Unsqueeze": unsqueeze,
        "Slice": slice,
        "Split": split,
        "Concat": { call in
            [try concatenate(call, try call.inputs.indices.map { try call.input($0) }, axis: try call.int("axis", 0))]
        },
        "Expand": { [try $0.expand($0.input(0), to: $0.targetShape(1, "the shape"))] },
        "Tile": tile,
    ]

    private static func reshape(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let listed = try call.known(1, "the shape")
        guard listed.count <= Limits.rank else {
            throw call.unsupported("\(listed.count) axes are more than the \(Limits.rank) that are supported")
        }
        let target = listed.numbers
        guard
            let shape = ReshapeTarget.resolve(
                value.shape, target, allowsZero: try call.flag("allowzero"),
                freedBatch: call.importer.freedBatch)
        else {
            let wanted = target.map(\.description).joined(separator: ", ")
            throw call.mismatch("\(value.shape) does not fill the shape [\(wanted)]")
        }
        return [try call.reshape(value, to: shape)]
    }

    private static func flatten(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let given = try call.int("axis", 1)
        let axis = given == value.rank ? given : try call.axis(given, rank: value.rank + (given < 0 ? 0 : 1))
        func product(_ lengths: ArraySlice<SymbolicLength>) throws -> SymbolicLength {
            guard lengths.count(where: \.scalesWithBatch) <= 1 else { throw call.unsupported("N appears twice") }
            return SymbolicLength(lengths.reduce(1) { $0 * $1.size }, scalesWithBatch: lengths.contains(where: \.scalesWithBatch))
        }
        let lengths = value.shape.dimensions
        return [try call.reshape(value, to: [try product(lengths[..<axis]), try product(lengths[axis...])])]
    }

    private static func transpose(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        return [try call.transpose(value, try call.ints("perm") ?? Array((0..<value.rank).reversed()))]
    }

    private static func squeeze(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let axes =
            try call.axes(input: 1)?.map { try call.axis($0, rank: value.rank) }
            ?? value.shape.dimensions.indices.filter { value.shape[$0] == 1 }
        for axis in axes where value.shape[axis] != 1 {
            throw call.mismatch("axis \(axis) of \(value.shape) is not 1 long")
        }
        let kept = value.shape.dimensions.indices.filter { !axes.contains($0) }.map { value.shape[$0] }
        return [try call.reshape(value, to: SymbolicShape(kept))]
    }

    private static func unsqueeze(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        guard let given = try call.axes(input: 1) else { throw call.mismatch("no axes are named") }
        let rank = value.rank + given.count
        let axes = Set(try given.map { try call.axis($0, rank: rank) })
        guard axes.count == given.count else { throw call.mismatch("an axis is named twice in \(given)") }
        var rest = value.shape.dimensions[...]
        let lengths = (0..<rank).map { axes.contains($0) ? 1 : rest.removeFirst() }
        return [try call.reshape(value, to: SymbolicShape(lengths))]
    }

    private static func slice(_ call: Call) throws -> [Value?] {
        var value = try call.input(0)
        let starts = try call.bounds(1, "starts")
        let ends = try call.bounds(2, "ends")
        let axes = try call.optional(3) == nil ? call.ints("axes") ?? Array(starts.indices) : call.knownIntegers(3, "the axes")
        let steps = try call.optional(4) == nil ? starts.map { _ in 1 } : call.knownIntegers(4, "the steps")
        guard ends.count == starts.count, axes.count == starts.count, steps.count == starts.count else {
            throw call.mismatch("starts, ends, axes and steps are not equally many")
        }
        let counted = try axes.map { try call.axis($0, rank: value.rank) }
        guard Set(counted).count == counted.count else { throw call.mismatch("an axis is named twice in \(axes)") }
        var cuts: [(axis: Int, range: SliceRange)] = []
        for (index, axis) in counted.enumerated() {
            guard let range = SliceRange(starts[index], ends[index], steps[index], of: value.shape[axis]) else {
                throw call.unsupported(
                    "positions \(starts[index]) to \(ends[index]) of axis \(axis) of \(value.shape) cut the batch")
            }
            if !range.isWhole { cuts.append((axis, range)) }
        }
        for (index, cut) in cuts.enumerated() {
            value = try call.slice(
                value, axis: cut.axis, start: cut.range.start, length: cut.range.length, step: cut.range.step,
                index == cuts.count - 1 ? nil : "axis\(cut.axis)")
        }
        return [value]
    }

    private static func split(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let axis = try call.axis(try call.int("axis", 0), rank: value.rank)
        let count = call.node.output.count
        var sizes = call.opset < 13 ? try call.ints("split") : nil
        if call.opset >= 13, call.optional(1) != nil { sizes = try call.knownIntegers(1, "the sizes") }
        if sizes == nil {
            let length = value.shape[axis].size
            let parts = try call.int("num_outputs", count)
            guard parts > 0, parts <= max(1, count) else { throw call.mismatch("\(parts) parts for \(count) outputs") }
            let size = (length + parts - 1) / parts
            sizes = (0..<parts).map { max(0, min(size, length - $0 * size)) }
        }
        return try split(call, value, axis: axis, sizes: sizes ?? [])
    }

    /// Cuts an axis into parts of these sizes.
    static func split(_ call: Call, _ value: Value, axis: Int, sizes: [Int]) throws -> [Value] {
        let length = value.shape[axis]
        try call.checkParts(sizes.count)
        if sizes.count == 1, !length.scalesWithBatch, sizes[0] == length.size { return [value] }
        guard !length.scalesWithBatch else { throw call.unsupported("it cuts the batch into parts") }
        var start = 0
        let parts = try sizes.enumerated().map { index, size in
            guard size >= 0, size <= length.size - start else {
                throw call.mismatch("parts of \(sizes) do not add up to axis \(axis) of \(value.shape)")
            }
            defer { start += size }
            return try call.slice(value, axis: axis, start: start, length: size, "part\(index)")
        }
        guard start == length.size else {
            throw call.mismatch("parts of \(sizes) do not add up to axis \(axis) of \(value.shape)")
        }
        return parts
    }

    /// Several values one after the other along an axis.
    static func concatenate(_ call: Call, _ values: [Value], axis: Int, _ part: String? = nil) throws -> Value {
        guard let first = values.first else { throw call.mismatch("it needs at least one input") }
        let axis = try call.axis(axis, rank: first.rank)
        guard values.allSatisfy({ $0.rank == first.rank }) else { throw call.mismatch("its inputs have unlike numbers of axes") }
        if values.contains(where: { $0.batchIndex != nil }) {
            guard axis == first.rank - 1, values.allSatisfy({ $0.shape[axis] == 1 }) else {
                throw call.unsupported("numbers of the batch's samples stand in a table")
            }
            var shape = first.shape
            for value in values.dropFirst() { shape = shape.broadcast(with: value.shape) ?? shape }
            shape[axis] = SymbolicLength(values.count)
            return Value(kind: .integer, shape: shape, content: .sequence(values))
        }
        let aligned = try alignBatch(call, values, axis: axis)
        let filled = aligned.filter { $0.shape[axis] != 0 }
        if filled.count <= 1 { return filled.first ?? aligned[0] }
        let known = filled.compactMap(\.known)
        if known.count == filled.count {
            for value in filled {
                var expected = filled[0].shape
                expected[axis] = value.shape[axis]
                guard value.shape == expected else { throw call.mismatch("shapes \(filled[0].shape) and \(value.shape) do not fit each other") }
            }
            let shape = filled[0].shape.dimensions.enumerated().map { position, length in
                position == axis ? SymbolicLength(filled.reduce(0) { $0 + $1.shape[axis].size }) : length
            }
            try call.importer.check(SymbolicShape(shape))
            for part in known { try call.importer.reserve(part.count, like: part) }
            return Value(Known.concatenating(known, axis: axis))
        }
        return try call.emit(.concatenation(Concatenation(axis: axis)), filled, part)
    }

    /// Where the file fixed the batch, tokens and the like were stretched to it; beside N they must be N.
    private static func alignBatch(_ call: Call, _ values: [Value], axis: Int) throws -> [Value] {
        guard call.importer.freedBatch != nil,
            let model = values.first(where: { value in value.shape.dimensions.indices.contains { $0 != axis && value.shape[$0].scalesWithBatch } })
        else { return values }
        return try values.enumerated().map { index, value in
            let value = call.withoutFixedBatch(value, beside: model.shape)
            var target = value.shape
            for other in target.dimensions.indices where other != axis && target[other] == 1 { target[other] = model.shape[other] }
            return target == value.shape ? value : try call.expand(value, to: target, "batch\(index)")
        }
    }

    private static func tile(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let repeats = try call.known(1, "the repeats").numbers
        guard repeats.count == value.rank else { throw call.mismatch("\(repeats.count) repeats for \(value.shape)") }
        guard repeats.contains(where: { $0 != KnownNumber(1) }) else { return [value] }
        // [a, b] becomes [1, a, 1, b], stretches to [r, a, s, b] and is read as [r·a, s·b]; lengths of 1 need no second axis.
        var (separate, stretched, merged): ([SymbolicLength], [SymbolicLength], [SymbolicLength]) = ([], [], [])
        for (length, count) in zip(value.shape.dimensions, repeats) {
            guard let times = count.dimension, !(times.scalesWithBatch && length.scalesWithBatch) else {
                throw call.unsupported("it repeats an axis of \(length) \(count) times")
            }
            if length == 1 || times == 1 {
                separate.append(length)
                stretched.append(length == 1 ? times : length)
                merged.append(length == 1 ? times : length)
            } else {
                separate += [1, length]
                stretched += [times, length]
                let (size, overflow) = length.size.multipliedReportingOverflow(by: times.size)
                guard !overflow, size <= Limits.length else { throw call.mismatch("it repeats \(length) \(times) times") }
                merged.append(SymbolicLength(size, scalesWithBatch: length.scalesWithBatch || times.scalesWithBatch))
            }
        }
        let apart = try call.reshape(value, to: SymbolicShape(separate), "apart")
        let isLast = stretched == merged
        let full = try call.expand(apart, to: SymbolicShape(stretched), isLast ? nil : "repeated")
        return [try call.reshape(full, to: SymbolicShape(merged))]
    }
}

extension Call {
    /// - Throws: ``ONNXError`` for more parts than any model cuts a value into.
    func checkParts(_ count: Int) throws {
        guard count <= Limits.parts else {
            throw ONNXError(.tooLarge, "\(node.opType): \(count) parts are more than the \(Limits.parts) that are allowed")
        }
    }
}
