internal import VolleyTensors

/// The memory of a session: what one run lets go, the next one takes.
struct Workspace {
    var floats = ArrayPool<Float>()
    var codes = ArrayPool<Int8>()
    /// For kernels; grows to what the largest of them needs.
    private var scratch: [Float] = []
    /// For the windows of convolutions, likewise.
    private var windows: [Int8] = []

    /// At least that many floats; to be given back.
    mutating func takeScratch(_ count: Int) -> [Float] {
        var taken: [Float] = []
        swap(&taken, &scratch)
        return taken.count >= count ? taken : [Float](repeating: 0, count: count)
    }

    mutating func giveScratch(_ array: consuming [Float]) { scratch = array }

    /// At least that many codes; to be given back.
    mutating func takeWindows(_ count: Int) -> [Int8] {
        var taken: [Int8] = []
        swap(&taken, &windows)
        return taken.count >= count ? taken : [Int8](repeating: 0, count: count)
    }

    mutating func giveWindows(_ array: consuming [Int8]) { windows = array }

    /// Zeros, as a state at rest.
    mutating func takeZeros(_ count: Int) -> [Float] {
        var array = floats.take(count)
        for index in array.indices { array[index] = 0 }
        return array
    }
}
