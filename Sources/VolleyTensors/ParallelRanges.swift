import Dispatch
import Synchronization

/// Cuts `0 ..< count` into at most `parts` contiguous ranges whose lengths differ by at most one.
public func evenRanges(of count: Int, parts: Int) -> [Range<Int>] {
    let parts = max(1, min(parts, count))
    return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
}

/// Calls `body` once for each range of a static partition of `0 ..< count`, on up to `threads` threads, and returns the
/// results in order. Where several calls throw, the error of the first range is thrown.
/// - Throws: what `body` throws.
public func parallelRanges<Result: Sendable>(
    _ count: Int, threads: Int, _ body: @Sendable (_ worker: Int, _ range: Range<Int>) throws -> Result
) throws -> [Result] {
    let ranges = evenRanges(of: count, parts: threads)
    if ranges.count == 1 { return [try body(0, ranges[0])] }
    let results = Mutex([Swift.Result<Result, any Error>?](repeating: nil, count: ranges.count))
    DispatchQueue.concurrentPerform(iterations: ranges.count) { worker in
        let result = Swift.Result { try body(worker, ranges[worker]) }
        results.withLock { $0[worker] = result }
    }
    return try results.withLock { $0 }.map { try $0!.get() }
}
