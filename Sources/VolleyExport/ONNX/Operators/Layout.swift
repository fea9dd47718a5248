internal import VolleyGraph
internal import VolleyONNX
internal import VolleyTensors

extension Slicing {
    func write(_ call: NodeCall) -> Symbol {
        let writer = call.writer
        // Behind the last position; before the first one, which a negative number names, lies what is clamped to it.
        let behind = length == 0 ? start : start + (length - 1) * step + step.signum()
        let end = behind < 0 ? -call.operands[0].shape[axis].size - 1 : behind
        let ends = [start, end, axis, length == 0 ? 1 : step].map { writer.integers([$0]) }
        return call.operation("Slice", [call[0]] + ends)
    }
}

extension GatherND {
    func write(_ call: NodeCall) throws -> Symbol {
        let (data, indices) = (call.operands[0].shape, call.operands[1].shape)
        let width = indices[indices.rank - 1].size
        guard width > 0 else {
            // Positions along no axis name everything.
            let repeated = Array(repeating: SymbolicLength(1), count: indices.rank - 1 - batchAxes)
            let spread = SymbolicShape(data.dimensions[..<batchAxes] + repeated + data.dimensions[batchAxes...])
            return call.operation("Expand", [call[0].reshaped(to: spread), call.writer.lengths(call.shape)])
        }
        let positions = try call.positions(1, within: data.lengths(batchAxes..<batchAxes + width))
        return call.operation("GatherND", [call[0], positions], [("batch_dims", .int(batchAxes))])
    }
}

extension Padding {
    /// Values in the place of what is missing are an operator of their own; everything else is a choice of elements along each axis.
    func write(_ call: NodeCall) -> Symbol {
        if mode == .constant {
            let pads = amounts.map { $0[0] } + amounts.map { $0[1] }
            return call.operation(
                "Pad", [call[0], call.writer.integers(pads), call.writer.scalar(value)], [("mode", .string("constant"))])
        }
        return amounts.indices.filter { amounts[$0] != [0, 0] }.reduce(call[0]) { value, axis in
            value.gathered(sources(axis, length: call.operands[0].shape[axis].size), axis: axis)
        }
    }

    /// The positions of the input whose elements stand along an axis of the result.
    private func sources(_ axis: Int, length: Int) -> [Int] {
        let places = Tensor([length], (0..<length).map(Float.init))
        var result = Tensor([length + amounts[axis][0] + amounts[axis][1]])
        Padding(mode, amounts: [amounts[axis]]).evaluate([places], into: &result, on: .best)
        return result.values.map { Int($0) }
    }
}

extension Resize {
    /// Along each axis a choice of elements, or a product with the matrix of their weights: what operators of ONNX do at borders, and how they
    /// round, depends on their version and on who runs them.
    func write(_ call: NodeCall) -> Symbol {
        let shape = call.operands[0].shape
        let order = axes.sorted { $0.length * shape[$1.axis].size < $1.length * shape[$0.axis].size }
        return order.reduce(call[0]) { resized($0, $1, length: shape[$1.axis].size, rank: shape.rank) }
    }

    private func resized(_ x: Symbol, _ change: Axis, length: Int, rank: Int) -> Symbol {
        let (weights, constants) = map(change, length: length)
        let columns = (0..<change.length).map { column in
            (0..<length).filter { weights.values[$0 * change.length + column] != 0 }
        }
        let isChoice = columns.indices.allSatisfy { columns[$0].count == 1 && weights[columns[$0][0], $0] == 1 && constants[$0] == 0 }
        if isChoice { return x.gathered(columns.map { $0[0] }, axis: change.axis) }
        let toLast = (0..<rank).filter { $0 != change.axis } + [change.axis]
        let product = x.writer.operation("MatMul", [x.transposed(toLast), x.writer.table("weights\(change.axis)", weights)])
        let hasConstants = constants.contains { $0 != 0 }
        let value = hasConstants ? product + x.writer.table("outside\(change.axis)", Tensor([change.length], constants)) : product
        return value.transposed((0..<rank).map { toLast.firstIndex(of: $0)! })
    }

    /// The operator along one axis as `y = x·M + c`: M `[length, result]`, c `[result]`.
    private func map(_ change: Axis, length: Int) -> (weights: Tensor, constants: [Float]) {
        var single = self
        single.axes = [Axis(axis: 1, length: change.length, scale: change.scale, start: change.start, end: change.end)]
        var constants = Tensor([1, change.length]), weights = Tensor([length, change.length]), identity = Tensor([length, length])
        for place in 0..<length { identity[place, place] = 1 }
        single.evaluate([Tensor([1, length])], into: &constants, on: .best)
        single.evaluate([identity], into: &weights, on: .best)
        for index in weights.values.indices { weights.values[index] -= constants.values[index % change.length] }
        return (weights, constants.values)
    }
}
