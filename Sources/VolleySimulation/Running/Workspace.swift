internal import VolleyTensors

/// The memory of a session: what one run lets go, the next one takes.
struct Workspace {
    var floats = ArrayPool<Float>()
    var codes = ArrayPool<Int8>()
    /// For kernels; grows to what the largest of them needs.
    private var scratch: [Float] = []

    /// At least that many floats; to be given back.
    mutating func takeScratch(_ count: Int) -> [Float] {
        var taken: [Float] = []
        swap(&taken, &scratch)
        return taken.count >= count ? taken : [Float](repeating: 0, count: count)
    }

    mutating func giveScratch(_ array: consuming [Float]) { scratch = array }

    /// Zeros, as a state at rest.
    mutating func takeZeros(_ count: Int) -> [Float] {
        var array = floats.take(count)
        for index in array.indices { array[index] = 0 }
        return array
    }
}
