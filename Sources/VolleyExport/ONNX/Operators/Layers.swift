internal import VolleyGraph
internal import VolleyONNX
internal import VolleyTensors

extension NodeCall {
    /// `x·Wᵀ + b`; W is turned once, where it is constant.
    func linear() -> Symbol {
        let product = operation("MatMul", [self[0], transposed(1, [1, 0])])
        return operands.count > 2 ? product + self[2] : product
    }
}

extension Convolution {
    private static let toFirst = [0, 3, 1, 2]
    private static let toLast = [0, 2, 3, 1]

    func write(_ call: NodeCall) -> Symbol {
        let isLast = channels == .last
        let (x, weight) = isLast ? (call[0].transposed(Self.toFirst), call.transposed(1, Self.toFirst)) : (call[0], call[1])
        let value = call.operation(
            "Conv", [x, weight] + (call.operands.count > 2 ? [call[2]] : []),
            [
                ("strides", .ints(stride)), ("dilations", .ints(dilation)), ("pads", .ints(padding.map { $0[0] } + padding.map { $0[1] })),
                ("group", .int(groups)),
            ])
        return isLast ? value.transposed(Self.toLast) : value
    }
}

extension TransposedConvolution {
    /// What is cropped the operator crops; rows that no pixel reaches are zeros behind it, and so the bias comes last.
    func write(_ call: NodeCall) -> Symbol {
        let crops = crop.map { $0.map { max($0, 0) } }, added = crop.map { $0.map { max(-$0, 0) } }
        let addsRows = added.joined().contains { $0 > 0 }
        let bias = call.operands.count > 2 ? call[2] : nil
        let value = call.operation(
            "ConvTranspose", [call[0], call[1]] + (addsRows ? [] : [bias].compactMap(\.self)),
            [
                ("strides", .ints(stride)), ("dilations", .ints(dilation)), ("pads", .ints(crops.map { $0[0] } + crops.map { $0[1] })),
                ("group", .int(groups)),
            ])
        guard addsRows else { return value }
        let amounts = [0, 0] + added.map { $0[0] } + [0, 0] + added.map { $0[1] }
        let padded = call.operation("Pad", [value, call.writer.integers(amounts), call.writer.scalar(0)], [("mode", .string("constant"))])
        return bias.map { padded + call.operation("Reshape", [$0, call.writer.integers([1, -1, 1, 1])]) } ?? padded
    }
}
