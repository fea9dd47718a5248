/// The k largest (or smallest) of a stream of values, exactly, in memory for about 2k of them.
struct TailSelector: Sendable, Codable {
    enum End: String, Sendable, Codable { case largest, smallest }

    private let end: End
    private let capacity: Int
    private var kept: [Float] = []
    /// Values that are not beyond this one cannot be among the k.
    private var bound: Float

    init(_ end: End, capacity: Int) {
        self.end = end
        self.capacity = max(1, capacity)
        bound = -.infinity
    }

    /// - Precondition: no value is NaN.
    mutating func add(_ values: [Float]) {
        switch end {
        case .largest: for value in values where value > bound { keep(value) }
        case .smallest: for value in values where -value > bound { keep(-value) }
        }
    }

    mutating func merge(_ other: TailSelector) {
        for value in other.kept where value > bound { keep(value) }
    }

    /// The value of that rank from the end, 1 for the extreme one. Fewer values than that: the innermost one.
    func value(rank: Int) -> Float {
        precondition(!kept.isEmpty && rank >= 1 && rank <= capacity, "a rank between 1 and the capacity")
        let value = rank == 1 ? kept.max()! : kept.sorted(by: >)[min(rank, kept.count) - 1]
        return end == .largest ? value : -value
    }

    /// Smallest values are kept negated, so that both ends work alike.
    private mutating func keep(_ value: Float) {
        kept.append(value)
        if kept.count >= 2 * capacity + 1024 {
            kept.sort(by: >)
            kept.removeLast(kept.count - capacity)
            bound = kept[capacity - 1]
        }
    }
}
