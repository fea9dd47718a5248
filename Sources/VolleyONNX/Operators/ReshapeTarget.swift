import VolleyGraph

/// Which shape a `Reshape` asks for, with the batch size left free.
enum ReshapeTarget {
    /// - Parameters:
    ///   - numbers: the shape as the file has it: 0 takes over a length of the data (unless `allowsZero`), −1 is what is left.
    ///   - freedBatch: the batch size that the file fixes, where it is read as N: multiples of it may stand for multiples of N,
    ///     although −1 could be it too.
    /// - Returns: nil where the data does not fill such a shape.
    static func resolve(
        _ data: SymbolicShape, _ numbers: [KnownNumber], allowsZero: Bool, freedBatch: Int?
    ) -> SymbolicShape? {
        var lengths: [SymbolicLength?] = []
        var copied: Set<Int> = []
        for (axis, number) in numbers.enumerated() {
            if number.value == -1, !number.scalesWithBatch {
                lengths.append(nil)
            } else if number.value == 0, !allowsZero {
                guard axis < data.rank else { return nil }
                lengths.append(data[axis])
                copied.insert(axis)
            } else {
                guard let length = number.dimension else { return nil }
                lengths.append(length)
            }
        }
        guard lengths.count(where: { $0 == nil }) <= 1, lengths.count <= Limits.rank else { return nil }
        guard let perSample = product(data.dimensions), let given = product(lengths.compactMap(\.self)) else { return nil }
        let missingBatch = data.dimensions.count(where: \.scalesWithBatch) - lengths.count { $0?.scalesWithBatch ?? false }
        guard (0...1).contains(missingBatch) else { return nil }
        // Lengths that are numbers in the file count all of its samples.
        let batch = missingBatch == 1 ? freedBatch ?? 1 : 1
        let (count, overflow) = perSample.multipliedReportingOverflow(by: batch)
        let hole = lengths.firstIndex { $0 == nil }
        if overflow { return nil }
        if let hole {
            guard given > 0 ? count % given == 0 : count == 0 else { return nil }
            lengths[hole] = SymbolicLength(given > 0 ? count / given : 0)
        } else if given != count {
            return nil
        }
        var shape = SymbolicShape(lengths.compactMap(\.self))
        if missingBatch == 0 { return shape }
        guard let outer = outerCount(data) else { return nil }
        let fixed = Set(copied).union(shape.dimensions.indices.filter { shape[$0].scalesWithBatch || shape[$0].size % batch != 0 })
        let axis =
            batch > 1
            ? manySamplesAxis(shape, outer: outer, fixed: fixed)
            : batchAxis(shape, hole: hole, outer: outer, fixed: fixed, prefersOne: freedBatch != nil)
        guard let axis else { return nil }
        shape[axis] = SymbolicLength(shape[axis].size / batch, scalesWithBatch: true)
        return shape
    }

    /// The axis that the batch falls on: one before which as many elements lie as before the data's batch.
    private static func batchAxis(
        _ shape: SymbolicShape, hole: Int?, outer: Int, fixed: Set<Int>, prefersOne: Bool
    ) -> Int? {
        let candidates = shape.dimensions.indices.filter { axis in
            !fixed.contains(axis) && shape.dimensions[..<axis].reduce(1) { $0 * $1.size } == outer
        }
        if let hole {
            let one = candidates.first { $0 != hole && shape[$0] == 1 && $0 == 0 }
            return prefersOne ? one ?? hole : hole
        }
        if let one = candidates.first(where: { shape[$0] == 1 }) { return one }
        // The last axis holds features: a batch there would come from merging it with the axis before.
        if let axis = candidates.first, axis == shape.rank - 1, axis > 0, !fixed.contains(axis - 1) { return axis - 1 }
        return candidates.first
    }

    /// The same where the file's batch is larger than 1: only multiples of it can hold it. Blocks may lie in front of it, on the
    /// data's axis or on one of their own; whether samples stay apart is proved afterwards.
    private static func manySamplesAxis(_ shape: SymbolicShape, outer: Int, fixed: Set<Int>) -> Int? {
        let candidates = shape.dimensions.indices.filter { !fixed.contains($0) }
        func before(_ axis: Int) -> Int { shape.dimensions[..<axis].reduce(1) { $0 * $1.size } }
        return candidates.first { before($0) == outer }
            ?? candidates.last { before($0) > 0 && outer % before($0) == 0 } ?? candidates.first
    }

    /// The number of elements before the first axis that scales with the batch.
    private static func outerCount(_ data: SymbolicShape) -> Int? {
        guard let axis = data.dimensions.firstIndex(where: \.scalesWithBatch) else { return nil }
        return data.dimensions[..<axis].reduce(1) { $0 * $1.size }
    }

    private static func product(_ lengths: [SymbolicLength]) -> Int? {
        var result = 1
        for length in lengths {
            let (product, overflow) = result.multipliedReportingOverflow(by: length.size)
            if overflow { return nil }
            result = product
        }
        return result
    }
}
