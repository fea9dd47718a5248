/// A pseudo-random generator whose sequence depends on its seed alone, on every platform.
///
/// SplitMix64 (Steele, Lea, Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A value uniformly distributed in 0 ..< 1, a multiple of 2^-24.
    public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// An approximately standard normal value: the centred sum of twelve uniform ones, so |value| ≤ 6.
    public mutating func normal() -> Float {
        var sum: Float = -6
        for _ in 0..<12 { sum += uniform() }
        return sum
    }

    /// A tensor of independent normal values.
    public mutating func normalTensor(_ shape: Shape, deviation: Float = 1) -> Tensor {
        Tensor(shape, (0..<shape.count).map { _ in deviation * normal() })
    }
}
