internal import VolleyGraph
internal import VolleyTensors

/// Operators that move, choose or repeat elements.
extension RandomGraph {
    mutating func drawSelection() {
        guard let a = pick() else { return }
        let shape = shape(of: a)
        let condition = chance(0.5) ? emit(.elementwise(Elementwise(.greater)), [a, scalar(0.1)]) : pick { $0.broadcast(with: shape) != nil }
        let other = chance(0.4) ? scalar(random.normal()) : pick { $0.broadcast(with: shape) != nil }
        emit(.selection(Selection()), chance(0.5) ? [condition, a, other] : [condition, other, a])
    }

    /// Lengths split, joined or moved, with a batch that stays in front as a rule.
    mutating func drawReshape() {
        guard let x = pick(where: { $0.rank > 0 }) else { return }
        var lengths = shape(of: x).dimensions
        for _ in 0..<int(in: 1...3) {
            let axis = int(in: 0...lengths.count - 1)
            let length = lengths[axis]
            let divisors = (1...max(1, length.size)).filter { length.size % $0 == 0 }
            switch int(in: 0...3) {
            case 0, 1:
                // In two, of which one keeps the batch.
                let divisor = one(of: divisors)
                let rest = SymbolicLength(length.size / divisor)
                let batchGoesFirst = chance(0.8)
                let parts = [
                    SymbolicLength(divisor, scalesWithBatch: length.scalesWithBatch && batchGoesFirst),
                    SymbolicLength(rest.size, scalesWithBatch: length.scalesWithBatch && !batchGoesFirst),
                ]
                lengths.replaceSubrange(axis...axis, with: parts)
            case 2 where axis + 1 < lengths.count && !(length.scalesWithBatch && lengths[axis + 1].scalesWithBatch):
                let joined = SymbolicLength(
                    length.size * lengths[axis + 1].size, scalesWithBatch: length.scalesWithBatch || lengths[axis + 1].scalesWithBatch)
                lengths.replaceSubrange(axis...axis + 1, with: [joined])
            default:
                if chance(0.15) { lengths.shuffle(using: &random) }
            }
        }
        emit(.reshape(Reshape(to: SymbolicShape(lengths))), [x])
    }

    mutating func drawTranspose() {
        guard let x = pick(where: { $0.rank >= 2 }) else { return }
        var axes = Array(0..<shape(of: x).rank)
        if chance(0.6) { axes = [0] + shuffled(Array(axes.dropFirst())) } else { axes.shuffle(using: &random) }
        emit(.transpose(Transpose(axes)), [x])
    }

    mutating func drawSlice() {
        guard let (x, axis) = pickAxis() else { return }
        let size = shape(of: x)[axis].size
        let start = int(in: 0...max(0, size - 1))
        if chance(0.3) {
            emit(.slice(Slicing(axis: axis, start: start, length: int(in: 1...max(1, start / 2 + 1)), step: -one(of: [1, 2]))), [x])
        } else {
            emit(.slice(Slicing(axis: axis, start: start, length: int(in: 1...max(1, size - start)), step: chance(0.8) ? 1 : 2)), [x])
        }
    }

    /// Rows that are known, or that an input or a computed position names.
    mutating func drawGather() {
        guard let (x, axis) = pickAxis() else { return }
        let length = max(1, shape(of: x)[axis].size)
        switch int(in: 0...3) {
        case 0: emit(.gather(Gather(axis: axis)), [x, indices(one(of: [[], [1], [3], [2, 2]]), below: length)])
        case 1:
            guard let ids = values.last(where: { builder[$0].name.hasPrefix("ids") }) else { return }
            let width = int(in: 1...8)
            emit(.gather(Gather(axis: 0)), [constant([7, width]), ids])
        default:
            guard let (y, other) = pickAxis(), let best = emit(.argMaximum(ArgMaximum(axis: other)), [y]) else { return }
            if chance(0.3) {
                emit(.gather(Gather(axis: 0)), [constant([shape(of: y)[other].size, int(in: 1...6)]), best])
            } else {
                emit(.gather(Gather(axis: axis)), [x, best])
            }
        }
    }

    mutating func drawGatherElements() {
        guard let (x, axis) = pickAxis() else { return }
        let shape = shape(of: x)
        if !shape.scalesWithBatch {
            let lengths = shape.dimensions.enumerated().map { $0 == axis ? int(in: 1...3) : int(in: 1...max(1, $1.size)) }
            emit(.gatherElements(GatherElements(axis: axis)), [x, indices(Shape(lengths), below: max(1, shape[axis].size))])
        } else if let best = emit(.argMaximum(ArgMaximum(axis: axis, keepsAxes: true)), [x]) {
            let other = chance(0.5) ? pick { $0 == shape } : x
            emit(.gatherElements(GatherElements(axis: axis)), [other ?? x, best])
        }
    }

    mutating func drawGatherND() {
        guard let x = pick(where: { $0.rank >= 2 }) else { return }
        let shape = shape(of: x)
        if chance(0.5), let best = emit(.argMaximum(ArgMaximum(axis: 1, keepsAxes: true)), [x]) {
            // [N, 1, …] → [N, …, 1]: one position of axis 1 for each of the others.
            guard shape.rank == 2 else { return }
            emit(.gatherND(GatherND(batchAxes: 1)), [x, best])
        } else {
            let width = int(in: 1...shape.rank)
            let limit = shape.dimensions[..<width].map(\.size).min()!
            emit(.gatherND(GatherND(batchAxes: 0)), [x, indices(Shape([int(in: 1...3), width]), below: max(1, limit))])
        }
    }

    mutating func drawPadding() {
        guard let x = pick(where: { $0.rank > 0 }) else { return }
        let amounts = shape(of: x).dimensions.map { length -> [Int] in
            length.scalesWithBatch || chance(0.5) ? [0, 0] : [int(in: -1...2), int(in: -1...2)]
        }
        emit(.padding(Padding(one(of: Padding.Mode.allCases), amounts: amounts, value: chance(0.5) ? 0 : random.normal())), [x])
    }

    mutating func drawConcatenation() {
        guard let (x, axis) = pickAxis() else { return }
        let shape = shape(of: x)
        var parts = [x]
        for _ in 0..<int(in: 1...2) {
            let other = pick { other in
                other.rank == shape.rank && (0..<shape.rank).allSatisfy { $0 == axis || other[$0] == shape[$0] }
            }
            parts.append(other ?? x)
        }
        if !shape.scalesWithBatch, chance(0.5) { parts.append(constant(shape.perSample)) }
        emit(.concatenation(Concatenation(axis: axis)), shuffled(parts))
    }

    mutating func drawExpansion() {
        guard let x = pick(where: { $0.rank > 0 && $0.rank < 5 }) else { return }
        let source = chance(0.3) ? constant(Shape([1] + shape(of: x).perSample.dimensions.dropFirst())) : x
        var lengths = shape(of: source).dimensions
        for axis in lengths.indices where lengths[axis] == 1 {
            if !lengths.contains(where: \.scalesWithBatch), chance(0.5) {
                lengths[axis] = .batch
            } else {
                lengths[axis] = SymbolicLength(int(in: 1...3))
            }
        }
        if chance(0.3) { lengths.insert(lengths.contains(where: \.scalesWithBatch) || chance(0.5) ? SymbolicLength(int(in: 1...2)) : .batch, at: 0) }
        emit(.expansion(Expansion(to: SymbolicShape(lengths))), [source])
    }
}
