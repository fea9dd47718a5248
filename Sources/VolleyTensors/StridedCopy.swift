internal import CVolleyKernels

extension Tensor {
    /// The largest number of axes that can be rearranged.
    public static let maximumRank = Int(VK_MAX_RANK)

    /// Fills this tensor, in row-major order, with the elements `source[offset + Σ index·strides]`; stride 0 repeats.
    ///
    /// Transposing, slicing and broadcasting are all of this form.
    /// - Precondition: one stride per axis, and every element lies inside the source.
    public mutating func fill(from source: [Float], offset: Int, strides: [Int]) {
        precondition(strides.count == shape.rank && shape.rank <= Self.maximumRank, "one stride per axis")
        guard count > 0 else { return }
        var lowest = offset
        var highest = offset
        for (length, stride) in zip(shape.dimensions, strides) {
            if stride < 0 { lowest += (length - 1) * stride } else { highest += (length - 1) * stride }
        }
        precondition(lowest >= 0 && highest < source.count, "view outside its source")
        let lengths = shape.dimensions
        unsafe values.withUnsafeMutableBufferPointer { output in
            unsafe source.withUnsafeBufferPointer { source in
                unsafe vk_copy_strided(
                    Int32(lengths.count), lengths, strides, source.baseAddress! + offset, output.baseAddress!)
            }
        }
    }
}
