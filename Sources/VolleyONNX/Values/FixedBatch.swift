import VolleyGraph

/// Where the file fixes the batch at a number that is read as N, the number still stands in what exporters computed from it.
extension Call {
    /// A constant that repeats itself for each sample of the file's batch, where N stands beside it: once, to be stretched again.
    func withoutFixedBatch(_ value: Value, beside shape: SymbolicShape) -> Value {
        guard let batch = importer.freedBatch, batch > 1, shape.scalesWithBatch, let known = value.known else { return value }
        let missing = shape.rank - value.rank
        for axis in value.shape.dimensions.indices where axis + missing >= 0 {
            guard shape[axis + missing] == .batch, known.shape[axis] == batch else { continue }
            let strides = rowMajorStrides(known.shape)
            var once = known.shape
            once[axis] = 1
            let first = known.view(shape: once, offset: 0, strides: strides)
            let repeats = (1..<batch).allSatisfy { sample in
                known.view(shape: once, offset: sample * strides[axis], strides: strides).numbers == first.numbers
            }
            if repeats { return Value(first) }
        }
        return value
    }

    /// A shape that a value is to be stretched to, with N where the value has it and the shape has the file's number.
    func freeing(_ shape: SymbolicShape, beside value: SymbolicShape) -> SymbolicShape {
        guard let batch = importer.freedBatch else { return shape }
        var free = shape
        let missing = shape.rank - value.rank
        for axis in value.dimensions.indices where axis + missing >= 0 && value[axis].scalesWithBatch {
            let (length, size) = (shape[axis + missing], value[axis].size)
            if !length.scalesWithBatch, length.size == batch * size { free[axis + missing] = value[axis] }
        }
        return free
    }
}
