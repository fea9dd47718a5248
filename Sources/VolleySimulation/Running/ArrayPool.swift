/// Arrays that are no longer read, kept by size for those that are needed next: after the first batch nothing is allocated.
struct ArrayPool<Element: BitwiseCopyable & Sendable & ExpressibleByIntegerLiteral> {
    private var free: [Int: [[Element]]] = [:]

    /// An array of that size with arbitrary elements.
    mutating func take(_ count: Int) -> [Element] {
        free[count]?.popLast() ?? [Element](repeating: 0, count: count)
    }

    mutating func give(_ array: consuming [Element]) {
        if array.count > 0 { free[array.count, default: []].append(array) }
    }
}
