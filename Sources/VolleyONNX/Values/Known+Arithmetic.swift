import VolleyGraph

/// The lengths of an element-wise combination; nil where the shapes do not fit.
func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
    SymbolicShape(a.map { SymbolicLength($0) }).broadcast(with: SymbolicShape(b.map { SymbolicLength($0) }))?.dimensions.map(\.size)
}

/// For each axis of `target`, how far apart neighbours lie in an array of this shape; 0 where one element repeats.
func broadcastStrides(_ shape: [Int], to target: [Int]) -> [Int] {
    var strides = [Int](repeating: 0, count: target.count)
    var stride = 1
    for (axis, length) in shape.enumerated().reversed() {
        if length != 1 { strides[target.count - shape.count + axis] = stride }
        stride *= length
    }
    return strides
}

extension Known {
    /// From how many elements on float arithmetic is left to the graph's operators, which are faster but round more.
    private static let longArray = 4096

    /// Whether its arithmetic is done number by number rather than by the graph's operators.
    var isArithmetic: Bool {
        switch content {
        case .numbers: true
        case .floats(let values): values.count <= Self.longArray
        }
    }

    /// Element by element.
    static func combine(
        _ function: BinaryFunction, _ a: Known, _ b: Known, shape: [Int], kind: ElementKind, areIntegers: Bool
    ) throws -> Known {
        let (left, right) = (a.numbers, b.numbers)
        let leftOffsets = rowMajorOffsets(shape, strides: broadcastStrides(a.shape, to: shape))
        let rightOffsets = rowMajorOffsets(shape, strides: broadcastStrides(b.shape, to: shape))
        let result = try zip(leftOffsets, rightOffsets).map { leftOffset, rightOffset in
            try KnownNumber.combine(function, left[leftOffset], right[rightOffset], areIntegers: areIntegers)
        }
        return Known(kind, shape, .numbers(result)).rounded
    }

    /// Element by element; nil where the function is not one that numbers are known by.
    func applying(_ function: UnaryFunction) -> Known? {
        var result: [KnownNumber] = []
        result.reserveCapacity(count)
        for number in numbers {
            guard let value = KnownNumber.apply(function, number) else { return nil }
            result.append(value)
        }
        return Known(kind, shape, .numbers(result)).rounded
    }

    /// Rounded as 32-bit floats are, where that is what they are. Long lists of truth values become floats, too: they are exact
    /// and a quarter as large.
    var rounded: Known {
        guard case .numbers(let values) = content, kind == .float || kind == .boolean && values.count > Self.longArray else {
            return self
        }
        if values.contains(where: \.scalesWithBatch) {
            return Known(kind, shape, .numbers(values.map { KnownNumber(Double(Float($0.value)), scalesWithBatch: $0.scalesWithBatch) }), name: name)
        }
        return Known(kind, shape, .floats(values.map { Float($0.value) }), name: name)
    }

    /// The elements as another kind: cut towards zero to integers, compared with zero to truth values.
    func cast(to kind: ElementKind) throws -> Known {
        switch kind {
        case .float: return Known(kind, shape, content, name: name).rounded
        case .double: return Known(kind, shape, content, name: name)
        case .whole(let format):
            let values = try numbers.map { number in
                let whole = number.value.rounded(.towardZero)
                guard !number.scalesWithBatch || whole == number.value else {
                    throw ONNXError(.unsupported, "the shape arithmetic cuts \(number) to an integer, and N is free")
                }
                return KnownNumber(number.value.isNaN ? 0 : format.wrapped(whole), scalesWithBatch: number.scalesWithBatch)
            }
            return Known(kind, shape, .numbers(values), name: name)
        case .boolean: return Known(kind, shape, .numbers(numbers.map { KnownNumber($0.value != 0) }), name: name)
        }
    }

    /// One number for all elements along some axes, ascending.
    /// - Precondition: the reduced axes are not empty.
    func reduced(_ axes: [Int], keepsAxes: Bool, _ combine: (KnownNumber, KnownNumber) throws -> KnownNumber) throws -> Known {
        let kept = shape.indices.filter { !axes.contains($0) }
        let strides = broadcastStrides(shape, to: shape)
        let lengths = shape.indices.compactMap { axes.contains($0) ? (keepsAxes ? 1 : nil) : shape[$0] }
        let starts = rowMajorOffsets(kept.map { shape[$0] }, strides: kept.map { strides[$0] })
        let steps = rowMajorOffsets(axes.map { shape[$0] }, strides: axes.map { strides[$0] })
        let values = numbers
        let result = try starts.map { start in
            try steps.dropFirst().reduce(values[start]) { try combine($0, values[start + $1]) }
        }
        return Known(kind, lengths, .numbers(result)).rounded
    }

    /// Several arrays one after the other along an axis; their other lengths are the same.
    static func concatenating(_ parts: [Known], axis: Int) -> Known {
        var shape = parts[0].shape
        shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
        let outer = shape.contains(0) ? 0 : shape[..<axis].reduce(1, *)
        let widths = parts.map { $0.shape[axis...].reduce(1, *) }
        if parts.allSatisfy({ if case .floats = $0.content { true } else { false } }) {
            var values: [Float] = []
            for block in 0..<outer {
                for (part, width) in zip(parts, widths) {
                    guard case .floats(let own) = part.content else { continue }
                    values += own[block * width..<(block + 1) * width]
                }
            }
            return Known(parts[0].kind, shape, .floats(values))
        }
        let numbers = parts.map(\.numbers)
        var values: [KnownNumber] = []
        for block in 0..<outer {
            for (own, width) in zip(numbers, widths) { values += own[block * width..<(block + 1) * width] }
        }
        return Known(parts[0].kind, shape, .numbers(values))
    }
}
