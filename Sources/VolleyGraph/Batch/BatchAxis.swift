public import VolleyTensors

/// Where the samples of a batch lie in a value: along one axis, whose k·N positions are `[blocks, N, k / blocks]`.
///
/// In row-major order the whole value is then `[outer, N, inner]`, where `outer` is the product of the lengths before the axis
/// and of `blocks`, and sample n is `[:, n, :]`. Two batches one behind the other are an axis of 2N with two blocks; windows of
/// an image that follow each other, or its heads, are an axis of kN with one block.
public struct BatchAxis: Hashable, Sendable {
    /// The axis, counted from 0.
    public var position: Int
    /// How often the axis runs through the batch.
    public var blocks: Int

    public init(_ position: Int, blocks: Int = 1) {
        self.position = position
        self.blocks = blocks
    }

    /// The same axis in a value that has so many more axes in front.
    public func behind(_ axes: Int) -> BatchAxis { BatchAxis(position + axes, blocks: blocks) }

    /// How often the elements of a value run through the batch.
    public func outer(_ lengths: [Int]) -> Int { lengths[..<position].reduce(blocks, *) }

    /// The sample that an element belongs to, given by its place in row-major order.
    public func sample(of place: Int, in shape: Shape, batch: Int) -> Int {
        place / (shape.count / (outer(shape.dimensions) * batch)) % batch
    }

    /// The part of a value that belongs to some of its N samples.
    public func samples(_ range: Range<Int>, of batch: Int, in tensor: Tensor) -> Tensor {
        if range == 0..<batch { return tensor }
        var dimensions = tensor.shape.dimensions
        dimensions[position] = batch > 0 ? dimensions[position] / batch * range.count : 0
        let outer = outer(tensor.shape.dimensions)
        let inner = tensor.count / max(1, outer * batch)
        var part = Tensor(Shape(dimensions))
        part.values.fill(
            at: 0, lengths: [outer, range.count * inner], from: tensor.values, offset: range.lowerBound * inner,
            strides: [batch * inner, 1])
        return part
    }

    /// Joins the values of successive parts of a batch into one.
    /// - Precondition: there is at least one, and their shapes differ along this axis only.
    public func joining(_ parts: [Tensor]) -> Tensor {
        if parts.count == 1 { return parts[0] }
        var dimensions = parts[0].shape.dimensions
        dimensions[position] = parts.reduce(0) { $0 + $1.shape[position] }
        let outer = outer(dimensions)
        let widths = parts.map { $0.count / max(1, outer) }
        var values: [Float] = []
        values.reserveCapacity(dimensions.reduce(1, *))
        for block in 0..<outer {
            for (part, width) in zip(parts, widths) { values += part.values[block * width..<(block + 1) * width] }
        }
        return Tensor(Shape(dimensions), values)
    }
}

/// An input as an operator sees it when it is asked where the batch lies in its value.
public struct BatchOperand: Hashable, Sendable {
    public var shape: SymbolicShape
    /// Nil where the value is the same for all samples.
    public var axis: BatchAxis?

    public init(_ shape: SymbolicShape, _ axis: BatchAxis?) {
        self.shape = shape
        self.axis = axis
    }
}

extension [BatchOperand] {
    /// The batch axis of the first input, where no other input has one.
    var onlyFirst: BatchAxis? { dropFirst().allSatisfy { $0.axis == nil } ? self[0].axis : nil }

    /// The one batch axis of values that are combined element by element, axes aligned at the end.
    func common(rank: Int) -> BatchAxis? {
        let axes = compactMap { operand in operand.axis?.behind(rank - operand.shape.rank) }
        return Set(axes).count == 1 ? axes[0] : nil
    }
}

extension BatchAxis? {
    /// The same axis, where an operator leaves it alone; nil where it relates elements along it.
    func unless(_ isTouched: (_ position: Int) -> Bool) -> BatchAxis? { flatMap { isTouched($0.position) ? nil : $0 } }
}
