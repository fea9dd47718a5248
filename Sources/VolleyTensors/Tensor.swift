/// A dense row-major array of 32-bit floats: the only kind of data that flows through a network.
///
/// Integers (labels, token ids, masks) up to 2^24 are exact in it.
public struct Tensor: Sendable, Hashable {
    public let shape: Shape
    /// The elements in row-major order.
    public var values: [Float]

    /// - Precondition: `values` holds exactly `shape.count` elements.
    public init(_ shape: Shape, _ values: [Float]) {
        precondition(values.count == shape.count, "\(values.count) values do not fill the shape \(shape)")
        self.shape = shape
        self.values = values
    }

    public init(_ shape: Shape, repeating value: Float = 0) {
        self.init(shape, [Float](repeating: value, count: shape.count))
    }

    /// A tensor without axes.
    public init(scalar value: Float) { self.init([], [value]) }

    /// No elements; what is left where a tensor was taken out.
    public static let empty = Tensor([0], [])

    public var count: Int { values.count }

    public subscript(index: Int...) -> Float {
        get { values[offset(of: index)] }
        set { values[offset(of: index)] = newValue }
    }

    private func offset(of index: [Int]) -> Int {
        precondition(index.count == shape.rank, "\(index.count) indices for a tensor of rank \(shape.rank)")
        var offset = 0
        for (position, length) in zip(index, shape.dimensions) {
            precondition(position >= 0 && position < length, "index \(index) outside the shape \(shape)")
            offset = offset * length + position
        }
        return offset
    }

    /// The same elements under another shape.
    /// - Precondition: both shapes have the same count.
    public func reshaped(to shape: Shape) -> Tensor { Tensor(shape, values) }

    /// Copies the slices `range` of the first axis.
    public func rows(_ range: Range<Int>) -> Tensor {
        var dimensions = shape.dimensions
        dimensions[0] = range.count
        let width = shape.rowCount
        return Tensor(Shape(dimensions), Array(values[range.lowerBound * width..<range.upperBound * width]))
    }

    /// Joins tensors along the first axis.
    /// - Precondition: there is at least one, and they differ in the first length only.
    public static func concatenatingRows(_ tensors: [Tensor]) -> Tensor {
        if tensors.count == 1 { return tensors[0] }
        var dimensions = tensors[0].shape.dimensions
        dimensions[0] = tensors.reduce(0) { $0 + $1.shape[0] }
        var values: [Float] = []
        values.reserveCapacity(dimensions.reduce(1, *))
        for tensor in tensors { values += tensor.values }
        return Tensor(Shape(dimensions), values)
    }

    /// Puts `tensors`, all of one shape, side by side on a new first axis.
    public static func stacking(_ tensors: [Tensor]) -> Tensor {
        concatenatingRows(tensors.map { $0.reshaped(to: Shape([1] + $0.shape.dimensions)) })
    }

    /// The element with the largest value in each row of a matrix; the first one where several are equal.
    public func argmaxOfRows() -> [Int] {
        let width = shape.rowCount
        return (0..<shape[0]).map { values.argmax(from: $0 * width, count: width) }
    }
}

extension [Float] {
    /// Where the largest of some elements stands among them, the first of equal ones.
    public func argmax(from start: Int, count: Int) -> Int {
        var best = start
        for index in start..<start + count where self[index] > self[best] { best = index }
        return best - start
    }
}
