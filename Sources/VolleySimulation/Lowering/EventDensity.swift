internal import VolleyTensors

/// Below which density of spikes, per input and step, adding columns of weights one by one beats a dense product. Of no consequence for
/// results, which are the same bits either way.
///
/// What 'volley bench kernels --instruction-set NAME' finds as crossover on the layers of ViT-S, 384 × 1536 and 1536 × 384, with one
/// ladder; the mean of both shapes and of the runs, rounded. Measured on AMD EPYC (AVX-512 VNNI; the narrower sets on the same chip), one
/// thread. Only VNNI multiplies bytes four at a time, so that elsewhere dense products of integers win late or never: 1 stands for never,
/// since events took at most 0.6 of the time of a dense product with 16 bits even where every input fires.
public struct EventDensity: Sendable, Hashable {
    public var floats: Float
    /// For one product of integers; a step that needs two of them goes event-driven up to twice the density.
    public var int8: Float
    public var int16: Float

    /// By instruction set.
    public static let table: [String: EventDensity] = [
        "AVX-512 VNNI": EventDensity(floats: 0.54, int8: 0.13, int16: 0.25),
        "AVX-512": EventDensity(floats: 0.54, int8: 1, int16: 1),
        "AVX2": EventDensity(floats: 0.5, int8: 0.9, int16: 1),
        "scalar": EventDensity(floats: 0.9, int8: 0.85, int16: 1),
        // Not measured: as AVX2, which has no product of bytes either.
        "NEON": EventDensity(floats: 0.5, int8: 0.9, int16: 1),
    ]

    /// That of an instruction set; AVX2's where a set has no line.
    static func of(_ kernels: Kernels) -> EventDensity { table[kernels.name] ?? table["AVX2"]! }

    func density(_ weights: LayerKernel.Weights) -> Float {
        switch weights {
        case .floats: floats
        case .integers(let integers): integers.bits == 8 ? int8 : int16
        }
    }
}
