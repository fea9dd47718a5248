import VolleyGraph

/// Operators that pass values on: branches, lists, and those that do nothing in a trained network.
enum ControlOperators {
    static let handlers: [String: Handler] = [
        "Identity": { [try $0.input(0)] },
        "Dropout": dropout,
        "If": branch,
        "SplitToSequence": split,
        "SequenceConstruct": { call in
            let values = try call.inputs.indices.map { try call.input($0) }
            return [Value(kind: values.first?.kind ?? .float, shape: [], content: .sequence(values))]
        },
        "SequenceAt": at,
        "SequenceLength": { call in
            [Value(Known(.integer, KnownNumber(try values(call).count)))]
        },
        "ConcatFromSequence": concatenate,
    ]

    private static func dropout(_ call: Call) throws -> [Value?] {
        if let training = call.optional(2)?.knownScalar, training != 0,
            call.optional(1)?.knownScalar != 0
        {
            call.importer.note(call.name, "was exported for training; it passes its input on as in a trained network")
        }
        let value = try call.input(0)
        guard call.node.output.count > 1, !call.node.output[1].isEmpty else { return [value] }
        let kept = Value(Known(.boolean, KnownNumber(true)))
        return [value, try call.expand(kept, to: value.shape, "kept")]
    }

    private static func branch(_ call: Call) throws -> [Value?] {
        guard let condition = try call.input(0).knownScalar else {
            throw call.unsupported("the condition depends on the network's inputs")
        }
        let name = condition != 0 ? "then_branch" : "else_branch"
        guard let graph = call.attribute(name), graph.hasG else { throw call.mismatch("its \(name) is missing") }
        let inner = Scope(opset: call.opset, parent: call.scope)
        for tensor in graph.g.initializer { inner.tensors[tensor.name] = tensor }
        let outputs = graph.g.output.map(\.name)
        try call.importer.run(
            graph.g.node, outputs: outputs, in: inner, prefix: call.name + "/", depth: call.depth + 1)
        return try outputs.map { try inner.value($0, reader: &call.importer.reader) }
    }

    // MARK: Lists

    private static func values(_ call: Call) throws -> [Value] {
        guard case .sequence(let values) = try call.input(0).content else { throw call.mismatch("its input is not a list") }
        try call.importer.spend(values.count * MemoryLayout<Value>.stride)
        return values
    }

    private static func split(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let axis = try call.axis(try call.int("axis", 0), rank: value.rank)
        let keepsAxis = try call.optional(1) != nil || call.flag("keepdims", true)
        let length = value.shape[axis]
        guard !length.scalesWithBatch else { throw call.unsupported("it splits the batch") }
        var sizes = [1]
        var isChunk = true
        if call.optional(1) != nil {
            let given = try call.known(1, "the sizes")
            sizes = try given.integers()
            isChunk = given.shape.isEmpty
        }
        if isChunk {
            guard sizes.count == 1, sizes[0] > 0 else { throw call.mismatch("it splits into parts of \(sizes)") }
            let chunk = sizes[0]
            try call.checkParts((length.size - 1) / chunk + 1)
            sizes = stride(from: 0, to: length.size, by: chunk).map { min(chunk, length.size - $0) }
        }
        var parts = try ShapeOperators.split(call, value, axis: axis, sizes: sizes)
        if !keepsAxis {
            var shape = value.shape.dimensions
            shape.remove(at: axis)
            parts = try parts.enumerated().map { try call.reshape($1, to: SymbolicShape(shape), "item\($0)") }
        }
        return [Value(kind: value.kind, shape: [], content: .sequence(parts))]
    }

    private static func at(_ call: Call) throws -> [Value?] {
        let values = try values(call)
        let index = try call.knownIntegers(1, "the position").first ?? 0
        let position = index < 0 ? index + values.count : index
        guard values.indices.contains(position) else {
            throw call.mismatch("position \(index) of a list of \(values.count) values")
        }
        return [values[position]]
    }

    private static func concatenate(_ call: Call) throws -> [Value?] {
        let values = try values(call)
        guard !values.isEmpty else { throw call.mismatch("the list is empty") }
        guard try call.flag("new_axis") else {
            return [try ShapeOperators.concatenate(call, values, axis: try call.int("axis", 0))]
        }
        let axis = try call.axis(try call.int("axis", 0), rank: values[0].rank + 1)
        let parts = try values.enumerated().map { index, value in
            var shape = value.shape.dimensions
            shape.insert(1, at: axis)
            return try call.reshape(value, to: SymbolicShape(shape), "item\(index)")
        }
        return [try ShapeOperators.concatenate(call, parts, axis: axis)]
    }
}
