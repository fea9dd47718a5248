/// `offset + Σ index·strides` for every index of a shape, in row-major order.
///
/// They are counted up one after the other: lists of them would need more memory than the values that they lead to.
struct RowMajorOffsets: Sequence, IteratorProtocol {
    private let shape: [Int]
    private let strides: [Int]
    private var index: [Int]
    private var offset: Int
    private var remaining: Int

    init(_ shape: [Int], offset: Int, strides: [Int]) {
        self.shape = shape
        self.strides = strides
        self.offset = offset
        index = [Int](repeating: 0, count: shape.count)
        remaining = shape.contains(0) ? 0 : shape.reduce(1, *)
    }

    var underestimatedCount: Int { remaining }

    mutating func next() -> Int? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        let result = offset
        var axis = shape.count - 1
        while axis >= 0 {
            index[axis] += 1
            offset += strides[axis]
            if index[axis] < shape[axis] { break }
            offset -= shape[axis] * strides[axis]
            index[axis] = 0
            axis -= 1
        }
        return result
    }
}

func rowMajorOffsets(_ shape: [Int], offset: Int = 0, strides: [Int]) -> RowMajorOffsets {
    RowMajorOffsets(shape, offset: offset, strides: strides)
}
