extension Array {
    /// Calls `body` for every element, with the value beside it, and keeps what it returns: on pointers, as arrays are asked at each element
    /// whether they may be written.
    /// - Precondition: as many values and codes as elements.
    @inlinable public mutating func stepAll(_ values: [Float], into codes: inout [Int8], _ body: (_ element: inout Element, _ value: Float) -> Int8) {
        precondition(values.count == count && codes.count == count, "a value and a code for every element")
        unsafe withUnsafeMutableBufferPointer { elements in
            unsafe codes.withUnsafeMutableBufferPointer { codes in
                for index in values.indices { unsafe codes[index] = body(&elements[index], values[index]) }
            }
        }
    }
}
