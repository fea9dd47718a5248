internal import VolleyGraph
internal import VolleyTensors

/// What networks are made of, as a simulator runs it in one pass, and what only looks like it.
extension RandomGraph {
    mutating func drawPattern() {
        switch int(in: 0...11) {
        case 0, 1: drawLayerWithTail()
        case 2, 3: drawLayersTogether()
        case 4, 5, 6: drawAttention()
        case 7: drawConvolutions()
        case 8: drawGate()
        case 9: drawMovedBatch()
        case 10: drawFoldedBatch()
        default: drawNormalizedLayer()
        }
    }

    private mutating func features() -> NodeID? { pick { $0.rank >= 2 && !$0.dimensions.last!.scalesWithBatch } }

    private mutating func function() -> UnaryFunction {
        one(of: [.relu, .gelu, .silu, .tanh, .sigmoid, .quickGELU, .geluTanh, .negate, .absolute, .softplus, .hardSwish, .relu6])
    }

    /// A layer, perhaps an activation, a residual and another layer; now and then read by somebody else on the way.
    private mutating func drawLayerWithTail() {
        guard let x = features() else { return }
        let width = shape(of: x).dimensions.last!.size
        guard var value = linear(x, outputs: chance(0.6) ? width : nil) else { return }
        if chance(0.5), let active = activation(function(), value) { value = active }
        if chance(0.3) { emit(.activation(Activation(.tanh)), [value]) }
        let wanted = shape(of: value)
        if chance(0.6) {
            let other = chance(0.4) ? x : pick { $0 == wanted }
            if let sum = elementwise(.add, value, other, swapped: chance(0.5)) { value = sum }
        }
        if chance(0.5) { _ = linear(value) }
    }

    /// Two or three layers whose values meet.
    private mutating func drawLayersTogether() {
        guard let x = features() else { return }
        let outputs = int(in: 1...12)
        let source = shape(of: x)
        let y = chance(0.4) ? pick { $0.rank == source.rank && $0.dimensions.dropLast() == source.dimensions.dropLast() } ?? x : x
        guard var left = linear(x, outputs: outputs), var right = linear(y, outputs: outputs) else { return }
        if chance(0.3), let active = activation(function(), left) { left = active }
        if chance(0.3), let active = activation(function(), right) { right = active }
        let meeting: BinaryFunction = one(of: [.add, .add, .add, .subtract, .maximum, .multiply])
        guard var sum = elementwise(meeting, left, right) else { return }
        if chance(0.4), let third = linear(y, outputs: outputs), let more = elementwise(.add, third, sum, swapped: chance(0.5)) {
            sum = more
        }
        if chance(0.3) { elementwise(.divide, sum, scalar(2)) } else if chance(0.5) { _ = linear(sum) }
    }

    private mutating func drawConvolutions() {
        guard let x = image(), let first = convolution(x, keepsSize: chance(0.5)) else { return }
        let active = chance(0.7) ? activation(function(), first) ?? first : first
        guard let second = convolution(active, keepsSize: chance(0.6)) else { return }
        let value = chance(0.4) ? activation(function(), second) ?? second : second
        if shape(of: value) == shape(of: active), chance(0.7) { elementwise(.add, active, value) }
        let rank = shape(of: value).rank
        if chance(0.3), let pooled = emit(.reduction(Reduction(.mean, axes: [rank - 2, rank - 1])), [value]) { _ = linear(pooled) }
    }

    private mutating func drawGate() {
        guard let x = features() else { return }
        let outputs = int(in: 1...8)
        guard let gate = linear(x, outputs: outputs), let open = activation(function(), gate), let up = linear(x, outputs: outputs),
            let product = elementwise(.multiply, open, up, swapped: chance(0.5))
        else { return }
        _ = linear(product)
    }

    private mutating func drawNormalizedLayer() {
        guard let x = features(), let normal = layerNorm(x), let value = linear(normal) else { return }
        if chance(0.5), let active = activation(function(), value) { _ = linear(active) }
    }

    /// The batch axis leaves its place, something happens, and perhaps it comes back.
    private mutating func drawMovedBatch() {
        guard let x = pick(where: { $0.rank >= 2 && $0.rank <= 4 && $0[0].scalesWithBatch }) else { return }
        let rank = shape(of: x).rank
        var order = Array(0..<rank)
        order.swapAt(0, int(in: 1...rank - 1))
        guard var value = emit(.transpose(Transpose(order)), [x]) else { return }
        switch int(in: 0...4) {
        case 0: if let next = linear(value) { value = next }
        case 1:
            let shape = shape(of: value)
            if let next = elementwise(.add, value, pick { $0 == shape }) { value = next }
        case 2: if let next = activation(function(), value) { value = next }
        case 3:
            let lengths = shape(of: value).dimensions
            let other = constant(Shape(lengths.map { $0.scalesWithBatch ? 1 : $0.size }))
            if let next = emit(.elementwise(Elementwise(.multiply)), [value, other]) { value = next }
        default: if let next = emit(.softmax(Softmax()), [value]) { value = next }
        }
        if chance(0.7) { emit(.transpose(Transpose(order)), [value]) }
    }

    /// `[N, a, …]` → `[aN, …]`, a layer, and perhaps back.
    private mutating func drawFoldedBatch() {
        guard let x = pick(where: { $0.rank >= 3 && $0[0] == .batch && !$0[1].scalesWithBatch }) else { return }
        let lengths = shape(of: x).dimensions
        let folded = SymbolicShape([SymbolicLength(lengths[1].size, scalesWithBatch: true)] + lengths[2...])
        guard let value = emit(.reshape(Reshape(to: folded)), [x]), let next = linear(value) else { return }
        if chance(0.7) {
            emit(.reshape(Reshape(to: SymbolicShape(lengths.dropLast() + [shape(of: next).dimensions.last!]))), [next])
        }
    }
}
