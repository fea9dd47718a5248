internal import VolleyGraph
internal import VolleyONNX

extension Reduction {
    func write(_ call: NodeCall) -> Symbol {
        // No axes are all of them in ONNX.
        guard !axes.isEmpty else { return call[0] }
        let keeps = ("keepdims", ONNXDocument.Attribute.int(keepsAxes ? 1 : 0))
        if function == .sum { return call.operation("ReduceSum", [call[0], call.writer.integers(axes)], [keeps]) }
        let type =
            switch function {
            case .mean: "ReduceMean"
            case .maximum: "ReduceMax"
            case .minimum: "ReduceMin"
            case .product: "ReduceProd"
            case .sum: "ReduceSum"
            }
        return call[0].applying(type, [("axes", .ints(axes)), keeps])
    }
}

extension ArgMaximum {
    func write(_ call: NodeCall) -> Symbol {
        call[0].applying(
            "ArgMax", [("axis", .int(axis)), ("keepdims", .int(keepsAxes ? 1 : 0)), ("select_last_index", .int(selectsLast ? 1 : 0))]
        ).asNumber
    }
}

extension TopK {
    func write(_ call: NodeCall) -> Symbol {
        let found = call.writer.operations(
            "TopK", [call[0], call.writer.integers([count])],
            [("axis", .int(axis)), ("largest", .int(takesLargest ? 1 : 0)), ("sorted", .int(1))], outputs: 2)
        return part == .values ? found[0] : found[1].asNumber
    }
}

extension CumulativeSum {
    func write(_ call: NodeCall) -> Symbol {
        call.operation(
            "CumSum", [call[0], call.writer.integer(axis)], [("exclusive", .int(exclusive ? 1 : 0)), ("reverse", .int(reverse ? 1 : 0))])
    }
}
