import VolleyGraph
import VolleyTensors

/// What handlers build from: operations that are computed at once where all is known, and left out where they do nothing.
extension Call {
    /// `f(a, b)` element by element.
    /// - Parameter kind: of the result, where it is not that of `a`.
    func binary(
        _ function: BinaryFunction, _ a: Value, _ b: Value, kind: ElementKind? = nil, _ part: String? = nil
    ) throws -> Value {
        if a.batchIndex != nil || b.batchIndex != nil {
            return try BatchIndexing.combine(self, function, a, b)
        }
        let (a, b) = (withoutFixedBatch(a, beside: b.shape), withoutFixedBatch(b, beside: a.shape))
        guard let shape = a.shape.broadcast(with: b.shape) else {
            throw mismatch("shapes \(a.shape) and \(b.shape) do not fit each other")
        }
        let kind = kind ?? (a.rank == 0 && a.kind.isInteger ? b.kind : a.kind)
        if let left = a.known, let right = b.known, left.isArithmetic, right.isArithmetic {
            try importer.check(shape)
            let lengths = shape.dimensions.map(\.size)
            try importer.reserve(lengths.reduce(1, *), from: [left, right])
            return Value(
                try Known.combine(
                    function, left, right, shape: lengths, kind: kind, areIntegers: a.kind.isInteger && b.kind.isInteger))
        }
        if let same = unchanged(function, a, b, shape) { return same.with(kind: kind) }
        let value = try emit(
            .elementwise(Elementwise(function)), [a, b], kind: kind,
            function == .divide && a.kind.isInteger ? (part ?? "") + ".quotient" : part)
        return function == .divide && a.kind.isInteger ? try unary(.truncate, value, part) : value
    }

    /// One of the operands, where the other one does nothing to it: x + 0, x − 0, x·1, x / 1, x^1.
    private func unchanged(_ function: BinaryFunction, _ a: Value, _ b: Value, _ shape: SymbolicShape) -> Value? {
        let neutral: Double
        switch function {
        case .add, .subtract: neutral = 0
        case .multiply, .divide, .power: neutral = 1
        default: return nil
        }
        if a.shape == shape, b.knownScalar == neutral { return a }
        let commutes = function == .add || function == .multiply
        return commutes && b.shape == shape && a.knownScalar == neutral ? b : nil
    }

    /// `f(x)` element by element.
    func unary(_ function: UnaryFunction, _ x: Value, kind: ElementKind? = nil, _ part: String? = nil) throws -> Value {
        if let known = x.known, known.isArithmetic { try importer.reserve(known.count, from: [known]) }
        if let known = x.known, known.isArithmetic, var result = known.applying(function) {
            result.kind = kind ?? x.kind
            return Value(result)
        }
        return try emit(.activation(Activation(function)), [x], kind: kind, part)
    }

    func parametric(
        _ function: ParametricActivation.Function, _ parameters: [Float], _ x: Value, _ part: String? = nil
    ) throws -> Value {
        try emit(.parametricActivation(ParametricActivation(function, parameters: parameters)), [x], part)
    }

    /// Elements of `a` where the condition holds, of `b` elsewhere.
    func select(_ condition: Value, _ a: Value, _ b: Value, _ part: String? = nil) throws -> Value {
        let beside = [condition, a, b].map(\.shape).first(where: \.scalesWithBatch) ?? []
        let (condition, a, b) = (
            withoutFixedBatch(condition, beside: beside), withoutFixedBatch(a, beside: beside), withoutFixedBatch(b, beside: beside)
        )
        guard let values = a.shape.broadcast(with: b.shape), let shape = condition.shape.broadcast(with: values) else {
            throw mismatch("shapes \(condition.shape), \(a.shape) and \(b.shape) do not fit each other")
        }
        if let known = condition.known {
            try importer.spend(known.byteCount)
            let truths = known.truths
            if let first = truths.first, truths.allSatisfy({ $0 == first }) {
                let value = truths[0] ? a : b
                return value.shape == shape ? value : try expand(value, to: shape, part)
            }
            if let first = a.known, let second = b.known, !shape.scalesWithBatch {
                return Value(try choose(truths, known.shape, first, second, shape.dimensions.map(\.size)))
            }
        }
        return try emit(.selection(Selection()), [condition, a, b], kind: a.kind, part)
    }

    private func choose(_ truths: [Bool], _ condition: [Int], _ a: Known, _ b: Known, _ shape: [Int]) throws -> Known {
        try importer.check(SymbolicShape(shape.map { SymbolicLength($0) }))
        func offsets(_ own: [Int]) -> RowMajorOffsets { rowMajorOffsets(shape, strides: broadcastStrides(own, to: shape)) }
        if case .floats(let first) = a.content, case .floats(let second) = b.content {
            try importer.reserve(shape.reduce(1, *), as: Float.self)
            let values = zip(offsets(condition), zip(offsets(a.shape), offsets(b.shape))).map { position, sources in
                truths[position] ? first[sources.0] : second[sources.1]
            }
            return Known(a.kind, shape, .floats(values))
        }
        try importer.reserve(shape.reduce(1, *), from: [a, b])
        let (first, second) = (a.numbers, b.numbers)
        let values = zip(offsets(condition), zip(offsets(a.shape), offsets(b.shape))).map { position, sources in
            truths[position] ? first[sources.0] : second[sources.1]
        }
        return Known(a.kind, shape, .numbers(values)).rounded
    }

    /// The same elements in row-major order under another shape.
    func reshape(_ value: Value, to shape: SymbolicShape, _ part: String? = nil) throws -> Value {
        if value.shape == shape { return value }
        try importer.check(shape)
        if case .shapeOnly = value.content { return Value(kind: value.kind, shape: shape, content: .shapeOnly) }
        if value.batchIndex != nil { return try BatchIndexing.reshape(self, value, to: shape) }
        if let known = value.known, !shape.scalesWithBatch {
            let lengths = shape.dimensions.map(\.size)
            guard lengths.reduce(1, *) == known.count else { throw mismatch("\(value.shape) does not hold as many elements as \(shape)") }
            return Value(known.reshaped(lengths))
        }
        return try emit(.reshape(Reshape(to: shape)), [value], part)
    }

    /// Axis i of the result is axis `permutation[i]`.
    func transpose(_ value: Value, _ permutation: [Int], _ part: String? = nil) throws -> Value {
        guard permutation.sorted() == Array(0..<value.rank) else {
            throw mismatch("\(permutation) does not order the axes of \(value.shape)")
        }
        if permutation == Array(0..<value.rank) { return value }
        if let known = value.known {
            try importer.reserve(known.count, like: known)
            let strides = rowMajorStrides(known.shape)
            return Value(
                known.view(shape: permutation.map { known.shape[$0] }, offset: 0, strides: permutation.map { strides[$0] }))
        }
        return try emit(.transpose(Transpose(permutation)), [value], part)
    }

    /// The positions `start, start + step, …` of an axis, `length` of them.
    func slice(_ value: Value, axis: Int, start: Int, length: Int, step: Int = 1, _ part: String? = nil) throws -> Value {
        if start == 0, step == 1, value.shape[axis] == SymbolicLength(length) { return value }
        if let known = value.known {
            guard length == 0 || (0..<known.shape[axis]).contains(start + (length - 1) * step) else {
                throw mismatch("positions outside axis \(axis) of \(value.shape)")
            }
            var strides = rowMajorStrides(known.shape)
            let offset = length == 0 ? 0 : start * strides[axis]
            strides[axis] *= step
            var shape = known.shape
            shape[axis] = length
            try importer.reserve(shape.reduce(1, *), like: known)
            return Value(known.view(shape: shape, offset: offset, strides: strides))
        }
        return try emit(.slice(Slicing(axis: axis, start: start, length: length, step: step)), [value], part)
    }

    /// Repeats a value until it fills a shape.
    func expand(_ value: Value, to shape: SymbolicShape, _ part: String? = nil) throws -> Value {
        let shape = freeing(shape, beside: value.shape)
        guard let full = value.shape.broadcast(with: shape) else {
            throw mismatch("\(value.shape) does not stretch to \(shape)")
        }
        if full == value.shape { return value }
        try importer.check(full)
        if case .shapeOnly = value.content { return Value(kind: value.kind, shape: full, content: .shapeOnly) }
        if let index = value.batchIndex { return try BatchIndexing.expand(value, index, to: full) }
        if let known = value.known, !full.scalesWithBatch {
            let lengths = full.dimensions.map(\.size)
            try importer.reserve(lengths.reduce(1, *), like: known)
            return Value(known.view(shape: lengths, offset: 0, strides: broadcastStrides(known.shape, to: lengths)))
        }
        return try emit(.expansion(Expansion(to: full)), [value], part)
    }

    /// One number for all elements along `axes`.
    func reduce(
        _ function: Reduction.Function, _ value: Value, axes: [Int], keepsAxes: Bool, _ part: String? = nil
    ) throws -> Value {
        if axes.isEmpty { return value }
        if axes.contains(where: { value.shape[$0] == 0 }) { return try reduceNothing(function, value, axes, keepsAxes, part) }
        return try emit(
            .reduction(Reduction(function, axes: axes.sorted(), keepsAxes: keepsAxes)), [value], part)
    }

    /// What is left of no elements: the neutral one.
    private func reduceNothing(
        _ function: Reduction.Function, _ value: Value, _ axes: [Int], _ keepsAxes: Bool, _ part: String?
    ) throws -> Value {
        let isTruth = value.kind == .boolean
        let neutral: Float =
            switch function {
            case .sum: 0
            case .product: 1
            case .maximum: isTruth ? 0 : -.infinity
            case .minimum: isTruth ? 1 : .infinity
            case .mean: throw mismatch("there is no mean of no elements")
            }
        let lengths = value.shape.dimensions.indices.compactMap { axes.contains($0) ? (keepsAxes ? 1 : nil) : value.shape[$0] }
        return try expand(Value(neutral).with(kind: value.kind), to: SymbolicShape(lengths), part)
    }
}

/// How many elements apart neighbours along each axis lie.
func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
}
