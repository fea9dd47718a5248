internal import CVolleyKernels

/// The right-hand side of a matrix product, laid out for the kernels: panels of 16 columns, `[columns/16][rows][16]`.
public struct PackedMatrix: Sendable {
    public let rows: Int
    public let columns: Int
    let buffer: AlignedBuffer<Float>

    /// Packs the matrix `B [rows, columns]` whose element (i, j) is `values[offset + i·rowStride + j·columnStride]`.
    public init(rows: Int, columns: Int, values: [Float], offset: Int = 0, rowStride: Int, columnStride: Int) {
        self.rows = rows
        self.columns = columns
        let last = rows * columns == 0 ? -1 : offset + (rows - 1) * rowStride + (columns - 1) * columnStride
        precondition(offset >= 0 && rowStride >= 0 && columnStride >= 0 && last < values.count, "matrix outside its values")
        buffer = unsafe values.withUnsafeBufferPointer { source in
            unsafe AlignedBuffer(count: vk_packed_count(rows, columns)) { packed in
                guard rows * columns > 0 else { return }
                unsafe vk_pack(rows, columns, source.baseAddress! + offset, rowStride, columnStride, packed)
            }
        }
    }

    /// Packs the transpose of a weight `W [O, I]`: the matrix that turns rows of I inputs into rows of O outputs.
    public init(transposing weight: [Float], offset: Int = 0, outputs: Int, inputs: Int) {
        self.init(rows: inputs, columns: outputs, values: weight, offset: offset, rowStride: 1, columnStride: inputs)
    }
}
