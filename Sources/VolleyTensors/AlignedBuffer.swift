/// A fixed number of elements on a 64-byte boundary, written once by whoever makes it and immutable afterwards.
@safe final class AlignedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    let count: Int
    /// Lives as long as the buffer.
    let start: UnsafePointer<Element>

    /// Allocates `count` elements, all bits zero, and has `fill` write them.
    init(count: Int, fill: (UnsafeMutablePointer<Element>) -> Void) {
        self.count = count
        let bytes = max(64, (count * MemoryLayout<Element>.stride + 63) / 64 * 64)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        let elements = unsafe memory.bindMemory(to: Element.self, capacity: count)
        unsafe fill(elements)
        unsafe start = UnsafePointer(elements)
    }

    convenience init(_ values: [Element]) {
        unsafe self.init(count: values.count) { memory in
            for (index, value) in values.enumerated() { unsafe memory[index] = value }
        }
    }

    deinit { unsafe UnsafeMutableRawPointer(mutating: start).deallocate() }

    func withPointer<Result>(_ body: (UnsafePointer<Element>) -> Result) -> Result { unsafe body(start) }
}

/// Calls `body` with the array's memory, or with nil where it is empty: an optional argument of a kernel.
func withOptionalPointer<Element, Result>(_ array: [Element], _ body: (UnsafePointer<Element>?) -> Result) -> Result {
    unsafe array.withUnsafeBufferPointer { unsafe body($0.count == 0 ? nil : $0.baseAddress) }
}

func withOptionalPointer<Element, Result>(
    _ array: inout [Element], _ body: (UnsafeMutablePointer<Element>?) -> Result
) -> Result {
    unsafe array.withUnsafeMutableBufferPointer { unsafe body($0.count == 0 ? nil : $0.baseAddress) }
}
