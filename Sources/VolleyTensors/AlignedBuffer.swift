/// A fixed number of floats on a 64-byte boundary, written once by whoever makes it and immutable afterwards.
@safe public final class AlignedBuffer: @unchecked Sendable {
    public let count: Int
    private let start: UnsafeMutableBufferPointer<Float>

    /// Allocates `count` floats and has `fill` write all of them.
    init(count: Int, fill: (UnsafeMutableBufferPointer<Float>) -> Void) {
        self.count = count
        let bytes = max(64, (count * 4 + 63) / 64 * 64)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        unsafe start = UnsafeMutableBufferPointer(
            start: memory.bindMemory(to: Float.self, capacity: bytes / 4), count: count)
        unsafe start.initialize(repeating: 0)
        unsafe fill(start)
    }

    deinit { unsafe UnsafeMutableRawPointer(start.baseAddress!).deallocate() }

    func withPointer<Result>(_ body: (UnsafePointer<Float>) -> Result) -> Result {
        unsafe body(UnsafePointer(start.baseAddress!))
    }
}
