import VolleyGraph

extension Call {
    /// Positions that an attribute names in versions before 10 of the operators, and an input since.
    func bounds(_ index: Int, _ name: String) throws -> [KnownNumber] {
        if let list = attribute(name) { return list.ints.map { KnownNumber(Double($0)) } }
        return try known(index, "the \(name)").numbers
    }
}

/// The positions that a slice takes from an axis.
struct SliceRange {
    var start: Int
    var length: Int
    var step: Int
    /// Whether the whole axis is taken, in order.
    var isWhole: Bool

    /// No axis is so long: positions from here on mean its end. Exporters write various large numbers for it.
    private static let beyond = 1e9

    /// - Returns: nil where positions depend on the batch size in a way that is not supported.
    init?(_ start: KnownNumber, _ end: KnownNumber, _ step: Int, of dimension: SymbolicLength) {
        guard step != 0, !start.scalesWithBatch else { return nil }
        if dimension.scalesWithBatch {
            let reachesEnd = end.scalesWithBatch ? end.value >= Double(dimension.size) : end.value >= Self.beyond
            guard step == 1, start.value == 0 || start.value <= -Self.beyond, reachesEnd else { return nil }
            (self.start, length, self.step, isWhole) = (0, dimension.size, 1, true)
            return
        }
        guard !end.scalesWithBatch else { return nil }
        let size = dimension.size
        let step = min(max(step, -Limits.length), Limits.length)
        func counted(_ number: KnownNumber) -> Int {
            let bounded = min(max(number.integer, -Limits.length * 2), Limits.length * 2)
            return bounded < 0 ? bounded + size : bounded
        }
        let (lowest, highest) = step > 0 ? (0, size) : (-1, size - 1)
        let first = min(max(counted(start), 0), highest)
        // Walking backwards, the largest numbers of 32 and 64 bits mean the end of the walk.
        let isUnbounded = step < 0 && (end.value == 0x1p31 - 1 || end.value >= 0x1p63 - 1)
        let last = isUnbounded ? -1 : min(max(counted(end), lowest), highest)
        let distance = step > 0 ? last - first : first - last
        let stride = abs(step)
        self.start = max(first, 0)
        length = distance > 0 && first >= 0 ? (distance + stride - 1) / stride : 0
        self.step = length > 1 ? step : 1
        isWhole = length == size && step == 1 && first == 0
    }
}
