import VolleyGraph
import VolleyTensors

/// Choices between elements, borders and triangles.
enum SelectionOperators {
    static let handlers: [String: Handler] = [
        "Where": { [try $0.select($0.input(0), $0.input(1), $0.input(2))] },
        "ArgMax": { [try argMaximum($0, $0.input(0))] },
        "ArgMin": { [try argMaximum($0, try $0.unary(.negate, $0.input(0), "negated"))] },
        "TopK": topK,
        "Pad": pad,
        "Trilu": triangle,
    ]

    private static func argMaximum(_ call: Call, _ value: Value) throws -> Value {
        let axis = try call.axis(try call.int("axis", 0), rank: value.rank)
        let operation = ArgMaximum(
            axis: axis, keepsAxes: try call.flag("keepdims", true), selectsLast: try call.flag("select_last_index"))
        return try call.emit(.argMaximum(operation), [value], kind: .integer)
    }

    private static func topK(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let axis = try call.axis(try call.int("axis", -1), rank: value.rank)
        let counts = try call.optional(1) == nil ? [call.int("k", 0)] : call.knownIntegers(1, "the number of elements")
        guard counts.count == 1 else { throw call.mismatch("one number of elements is needed, found \(counts)") }
        guard !value.shape[axis].scalesWithBatch else { throw call.unsupported("it compares the samples of a batch") }
        let isRead = (0..<2).map { $0 < call.node.output.count && !call.node.output[$0].isEmpty }
        func part(_ part: TopK.Part, kind: ElementKind?, _ name: String?) throws -> Value {
            let operation = TopK(axis: axis, count: counts[0], takesLargest: try call.flag("largest", true), part: part)
            return try call.emit(.topK(operation), [value], kind: kind, name)
        }
        return [
            isRead[0] ? try part(.values, kind: nil, nil) : nil,
            isRead[1] ? try part(.positions, kind: .integer, isRead[0] ? "positions" : nil) : nil,
        ]
    }

    private static func pad(_ call: Call) throws -> [Value?] {
        var value = try call.input(0)
        let modes: [String: Padding.Mode] = ["constant": .constant, "reflect": .reflect, "edge": .edge, "wrap": .wrap]
        guard let mode = modes[call.string("mode", "constant")] else {
            throw call.unsupported("its mode is \(call.string("mode", "").quoted)")
        }
        let given = try call.ints("pads") ?? call.knownIntegers(1, "the amounts")
        let axes =
            try call.optional(3) == nil
            ? Array(0..<value.rank) : call.knownIntegers(3, "the axes").map { try call.axis($0, rank: value.rank) }
        guard given.count == 2 * axes.count else { throw call.mismatch("\(given.count) amounts for \(axes.count) axes") }
        var amounts = [[Int]](repeating: [0, 0], count: value.rank)
        for (position, axis) in axes.enumerated() { amounts[axis] = [given[position], given[axes.count + position]] }
        guard amounts.joined().contains(where: { $0 != 0 }) else { return [value] }
        if mode == .wrap {
            // What is cut off goes first: it is not repeated at the other end.
            for axis in amounts.indices {
                let (first, last) = (max(0, -amounts[axis][0]), max(0, -amounts[axis][1]))
                if first + last == 0 { continue }
                value = try call.slice(value, axis: axis, start: first, length: value.shape[axis].size - first - last, "axis\(axis)")
                amounts[axis] = amounts[axis].map { max(0, $0) }
            }
        }
        var filler = call.float("value", 0)
        if call.optional(2) != nil {
            guard let number = try call.input(2).knownScalar else { throw call.unsupported("its value is computed from the inputs") }
            filler = Limits.bounded(Float(number))
        }
        return [try call.emit(.padding(Padding(mode, amounts: amounts, value: filler)), [value])]
    }

    private static func triangle(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        guard value.rank >= 2 else { throw call.mismatch("a matrix is needed, found \(value.shape)") }
        var diagonal = 0
        if call.optional(1) != nil {
            let limit = Limits.length
            diagonal = min(max(try call.knownIntegers(1, "the diagonal").first ?? 0, -limit), limit)
        }
        return [
            try call.emit(.triangle(Triangle(upper: try call.flag("upper", true), diagonal: diagonal)), [value])
        ]
    }
}
