internal import CVolleyKernels

extension Tensor {
    /// The largest number of axes that can be rearranged.
    public static let maximumRank = Int(VK_MAX_RANK)

    /// Fills this tensor, in row-major order, with the elements `source[offset + Σ index·strides]`; stride 0 repeats.
    ///
    /// Transposing, slicing and broadcasting are all of this form.
    /// - Precondition: one stride per axis, and every element lies inside the source.
    public mutating func fill(from source: [Float], offset: Int, strides: [Int]) {
        values.fill(at: 0, lengths: shape.dimensions, from: source, offset: offset, strides: strides)
    }
}

extension Tensor {
    /// Fills this tensor with another one whose axes are in another order: axis `i` is axis `order[i]` of the source.
    /// - Precondition: the order is a permutation of the source's axes, and the lengths fit.
    public mutating func fill(from source: Tensor, order: [Int]) {
        precondition(shape.dimensions == order.map { source.shape[$0] }, "as long as the source along every axis")
        let strides = source.shape.strides
        fill(from: source.values, offset: 0, strides: order.map { strides[$0] })
    }

    /// The same elements with the axes in another order.
    public func transposed(_ order: [Int]) -> Tensor {
        var result = Tensor(Shape(order.map { shape[$0] }))
        result.fill(from: self, order: order)
        return result
    }
}

extension [Float] {
    /// The same for the elements from `start` on: as many as `lengths` says, one behind the other.
    public mutating func fill(at start: Int, lengths: [Int], from source: [Float], offset: Int, strides: [Int]) {
        precondition(strides.count == lengths.count && lengths.count <= Tensor.maximumRank, "one stride per axis")
        let size = lengths.reduce(1, *)
        precondition(start >= 0 && start + size <= count, "room for every element")
        guard size > 0 else { return }
        var lowest = offset
        var highest = offset
        for (length, stride) in zip(lengths, strides) {
            if stride < 0 { lowest += (length - 1) * stride } else { highest += (length - 1) * stride }
        }
        precondition(lowest >= 0 && highest < source.count, "view outside its source")
        unsafe withUnsafeMutableBufferPointer { output in
            unsafe source.withUnsafeBufferPointer { source in
                unsafe vk_copy_strided(
                    Int32(lengths.count), lengths, strides, source.baseAddress! + offset, output.baseAddress! + start)
            }
        }
    }
}
