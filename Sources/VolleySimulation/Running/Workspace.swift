/// The memory of a session: what one run lets go, the next one takes.
struct Workspace {
    var floats = ArrayPool<Float>()
    var codes = ArrayPool<Int8>()
    /// For kernels; grows to what the largest of them needs.
    private var scratch: [Float] = []

    mutating func withScratch<Result>(_ count: Int, _ body: (inout [Float]) -> Result) -> Result {
        if scratch.count < count { scratch = [Float](repeating: 0, count: count) }
        return body(&scratch)
    }

    /// Zeros, as a state at rest.
    mutating func takeZeros(_ count: Int) -> [Float] {
        var array = floats.take(count)
        for index in array.indices { array[index] = 0 }
        return array
    }
}
