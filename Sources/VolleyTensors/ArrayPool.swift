/// Arrays that are no longer read, kept by size for those that are needed next: after the first batch nothing is allocated.
public struct ArrayPool<Element: BitwiseCopyable & Sendable & ExpressibleByIntegerLiteral>: Sendable {
    @usableFromInline var free: [Int: [[Element]]] = [:]

    @inlinable public init() {}

    /// An array of that size with arbitrary elements.
    @inlinable public mutating func take(_ count: Int) -> [Element] {
        free[count]?.popLast() ?? [Element](repeating: 0, count: count)
    }

    /// - Parameter array: nobody else may hold it, or it is copied where it is next written.
    @inlinable public mutating func give(_ array: consuming [Element]) {
        if array.count > 0 { free[array.count, default: []].append(array) }
    }
}
