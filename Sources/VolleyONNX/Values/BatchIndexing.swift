import VolleyGraph
import VolleyTensors

/// Exporters write "each sample's own row" as arithmetic on the numbers 0, 1, … N − 1 of the samples: `Range(0, N)`, scaled,
/// shifted, stretched, and at last used as an index. Here such values are carried along as `stride·n + rest`, until the index
/// turns out to stay within each sample.
enum BatchIndexing {
    /// The numbers of the samples.
    static func range() -> Value {
        let zero = Value(Known(.integer, [1], .numbers([KnownNumber(0)])))
        return Value(
            kind: .integer, shape: [.batch], content: .batchIndex(BatchIndex(stride: 1, rest: zero, axis: 0)))
    }

    static func combine(_ call: Call, _ function: BinaryFunction, _ a: Value, _ b: Value) throws -> Value {
        guard let shape = a.shape.broadcast(with: b.shape) else {
            throw call.mismatch("shapes \(a.shape) and \(b.shape) do not fit each other")
        }
        let indexed = a.batchIndex == nil ? b : a
        let other = a.batchIndex == nil ? a : b
        guard var index = indexed.batchIndex, other.batchIndex == nil else {
            return Value(kind: a.kind, shape: shape, content: .shapeOnly)
        }
        index.axis += shape.rank - indexed.rank
        switch function {
        case .add: index.rest = try call.binary(.add, index.rest, other, "rest")
        case .subtract where a.batchIndex != nil: index.rest = try call.binary(.subtract, index.rest, other, "rest")
        case .multiply:
            guard let factor = other.knownScalar, let scale = Int(exactly: factor), scale.magnitude <= Limits.length,
                index.stride.magnitude <= Limits.length
            else { return Value(kind: a.kind, shape: shape, content: .shapeOnly) }
            index.stride *= scale
            index.rest = try call.binary(.multiply, index.rest, other, "rest")
        default: return Value(kind: a.kind, shape: shape, content: .shapeOnly)
        }
        return Value(kind: .integer, shape: shape, content: .batchIndex(index))
    }

    /// Lengths of 1 come and go; anything else is not followed.
    static func reshape(_ call: Call, _ value: Value, to shape: SymbolicShape) throws -> Value {
        func long(_ shape: SymbolicShape) -> [SymbolicLength] { shape.dimensions.filter { $0 != 1 } }
        guard var index = value.batchIndex, long(value.shape) == long(shape),
            let axis = shape.dimensions.firstIndex(of: .batch)
        else { return Value(kind: value.kind, shape: shape, content: .shapeOnly) }
        let aligned = SymbolicShape([SymbolicLength](repeating: 1, count: value.rank - index.rest.rank) + index.rest.shape.dimensions)
        let rest = try call.reshape(index.rest, to: aligned, "rest")
        var target = SymbolicShape([SymbolicLength](repeating: 1, count: shape.rank))
        var lengths = zip(value.shape.dimensions, aligned.dimensions).filter { $0.0 != 1 }.map(\.1)
        for position in 0..<shape.rank where shape[position] != 1 { target[position] = lengths.removeFirst() }
        index.rest = try call.reshape(rest, to: target, "rest")
        index.axis = axis
        return Value(kind: value.kind, shape: shape, content: .batchIndex(index))
    }

    static func expand(_ value: Value, _ index: BatchIndex, to shape: SymbolicShape) throws -> Value {
        var index = index
        index.axis += shape.rank - value.rank
        return Value(kind: value.kind, shape: shape, content: .batchIndex(index))
    }

    /// `Gather` along the first axis of data `[k·N, …]` with indices `k·n + rest`: each sample gathers from its own k rows.
    static func gather(_ call: Call, _ data: Value, _ indices: Value, _ index: BatchIndex, axis: Int) throws -> Value {
        let leadsWithBatch = data.rank > 0 && data.shape[0].scalesWithBatch
        guard axis == 0, leadsWithBatch, data.shape[0].size == index.stride, index.axis == 0 else {
            throw call.unsupported("rows are picked across the samples of a batch")
        }
        let rows = SymbolicLength(index.stride)
        let samples = try call.reshape(
            data, to: SymbolicShape([.batch, rows] + data.shape.dimensions.dropFirst()), "samples")
        let own = Array(indices.shape.dimensions.dropFirst())
        let picked = try pick(call, samples, index.rest, own)
        return try call.reshape(picked, to: SymbolicShape([.batch] + own + data.shape.dimensions.dropFirst()))
    }

    /// Rows of axis 1 of `data` `[N, k, …]`, by an index whose first axis, if it has one, counts samples.
    private static func pick(_ call: Call, _ data: Value, _ rest: Value, _ own: [SymbolicLength]) throws -> Value {
        let missing = own.count + 1 - rest.rank
        let aligned = [SymbolicLength](repeating: 1, count: max(0, missing)) + rest.shape.dimensions
        if aligned[0] == 1 {
            let sameForAll = try call.reshape(rest, to: SymbolicShape(Array(aligned.dropFirst())), "index")
            let full = try call.expand(sameForAll, to: SymbolicShape(own), "index")
            if let known = full.known, try known.integers() == Array(0..<data.shape[1].size) { return data }
            return try call.emit(.gather(Gather(axis: 1)), [data, full], "picked")
        }
        let full = try call.expand(
            try call.reshape(rest, to: SymbolicShape(aligned), "index"), to: SymbolicShape([.batch] + own), "index")
        let tuple = try call.reshape(full, to: SymbolicShape([.batch] + own + [1]), "index")
        return try call.emit(.gatherND(GatherND(batchAxes: 1)), [data, tuple], "picked")
    }

    /// `GatherND` whose first index is the sample's own number and whose second one, where there is one, is any other.
    static func gatherND(_ call: Call, _ data: Value, _ tuple: [Value]) throws -> Value {
        guard let first = tuple.first?.batchIndex, first.stride == 1, first.axis == 0, first.rest.knownScalar == 0,
            data.rank > 0, data.shape[0] == .batch, (1...2).contains(tuple.count)
        else { throw call.unsupported("rows are picked across the samples of a batch") }
        guard tuple.count == 2 else { return data }
        let own = Array(tuple[0].shape.dimensions.dropFirst())
        let rest = tuple[1]
        guard rest.batchIndex == nil else { throw call.unsupported("samples are picked by each other's numbers") }
        let squeezed = SymbolicShape(Array(own))
        let aligned = rest.shape.broadcast(with: SymbolicShape([.batch] + own)) == nil ? nil : rest
        guard let aligned else { throw call.mismatch("indices \(rest.shape) do not fit \(squeezed)") }
        let picked = try pick(call, data, aligned, own)
        return try call.reshape(picked, to: SymbolicShape([.batch] + own + data.shape.dimensions.dropFirst(2)))
    }
}
