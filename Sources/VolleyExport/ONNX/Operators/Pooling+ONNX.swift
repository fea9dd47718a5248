internal import VolleyGraph
internal import VolleyONNX
internal import VolleyTensors

extension Pooling {
    /// - Parameters:
    ///   - shape: of the input; `target`: of the value.
    func write(_ x: Symbol, from shape: SymbolicShape, to target: SymbolicShape) -> Symbol {
        guard channels == .last else { return writeChannelsFirst(x, shape, target) }
        let toFirst = [0, shape.rank - 1] + Array(1..<shape.rank - 1)
        let toLast = [0] + Array(2..<shape.rank) + [1]
        var pooling = self
        pooling.channels = .first
        let moved = { (shape: SymbolicShape) in SymbolicShape(toFirst.map { shape[$0] }) }
        return pooling.writeChannelsFirst(x.transposed(toFirst), moved(shape), moved(target)).transposed(toLast)
    }

    /// Positions before and behind each axis that the windows reach: behind, what is needed for as many windows as there are, so that no
    /// rule about the last one is asked.
    private func pads(_ shape: SymbolicShape, _ target: SymbolicShape) -> (before: [Int], behind: [Int]) {
        let before = padding.map { $0[0] }
        let behind = kernel.indices.map { axis in
            let reached = (target[axis + 2].size - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1
            return max(0, reached - shape[axis + 2].size - before[axis])
        }
        return (before, behind)
    }

    private func writeChannelsFirst(_ x: Symbol, _ shape: SymbolicShape, _ target: SymbolicShape) -> Symbol {
        let (before, behind) = pads(shape, target)
        let fitsKernel = kernel.indices.allSatisfy { max(before[$0], behind[$0]) < kernel[$0] }
        let window: GraphWriter.Attributes = [("kernel_shape", .ints(kernel)), ("strides", .ints(stride))]
        switch function {
        case .maximum:
            let dilated = window + [("dilations", .ints(dilation))]
            if fitsKernel { return x.applying("MaxPool", dilated + [("pads", .ints(before + behind))]) }
            let lowest = x.writer.scalar(-Float.greatestFiniteMagnitude)
            let amounts = x.writer.integers([0, 0] + before + [0, 0] + behind)
            return x.writer.operation("Pad", [x, amounts, lowest], [("mode", .string("constant"))]).applying("MaxPool", dilated)
        case .average:
            let isPlain = dilation.allSatisfy { $0 == 1 } && (!countsPadding || zip(behind, padding).allSatisfy { $0 <= $1[1] })
            guard fitsKernel, isPlain else { return mean(x, shape, target, pads: before + behind) }
            return x.applying("AveragePool", window + [("pads", .ints(before + behind)), ("count_include_pad", .int(countsPadding ? 1 : 0))])
        }
    }

    /// The mean as a sum over each window, by a convolution with ones, divided by the numbers of elements.
    private func mean(_ x: Symbol, _ shape: SymbolicShape, _ target: SymbolicShape, pads: [Int]) -> Symbol {
        let writer = x.writer
        let from = Shape([1, 1] + shape.lengths(2..<shape.rank)), to = Shape([1, 1] + target.lengths(2..<target.rank))
        var means = Tensor(to)
        evaluate([Tensor(from, repeating: 1)], into: &means, on: .best)
        let divisors = zip(windows(input: from, output: to), means.values).map { members, mean in
            mean == 0 ? 1 : (Float(members.count) / mean).rounded()
        }
        let rows = writer.operation("Reshape", [x, writer.integers([-1, 1] + shape.lengths(2..<shape.rank))])
        let ones = writer.table("ones", Tensor(Shape([1, 1] + kernel), repeating: 1))
        let sums = writer.operation(
            "Conv", [rows, ones], [("strides", .ints(stride)), ("dilations", .ints(dilation)), ("pads", .ints(pads))])
        return (sums / writer.table("divisors", Tensor(to, divisors))).reshaped(to: target)
    }
}
