internal import CVolleyKernels

/// A layer of multi-threshold neurons as the kernels see it: cut-offs instead of rounding rules.
///
/// State per neuron: `sent` is `S(t)` under rate coding and `φ(t)` under differential coding; `baseline` is there for reset
/// to zero only: what of `t·φ_in(t)` came before the last spike.
public struct NeuronKernel: Sendable {
    /// The largest number of levels per sign.
    public static let maximumLevels = Int(VK_MAX_LEVELS)

    public let levels: Int
    public let resetsToZero: Bool
    /// How many ladders its spikes are counted on: 1 where both signs have the same thresholds or one of them never fires.
    public let ladders: Int
    /// Whether each threshold of a sign that fires is the double of the one before.
    public let doubles: Bool
    let parameters: vk_neuron

    /// - Parameters:
    ///   - thresholds: for the positive and for the negative sign, what a spike of each level is worth, ascending, all > 0.
    ///   - cutoffs: the membrane potential (its size) from which on each level fires, ascending, all > 0; infinity for never.
    ///   - initialPotential: `v(0)`, in activation units.
    ///   - differential: whether the layer sends corrections instead of values.
    ///   - resetsToZero: whether a spike clears the potential instead of lowering it.
    public init(
        thresholds: (positive: [Float], negative: [Float]), cutoffs: (positive: [Float], negative: [Float]),
        initialPotential: Float, differential: Bool, resetsToZero: Bool
    ) {
        levels = thresholds.positive.count
        self.resetsToZero = resetsToZero
        let sides = [(thresholds.positive, cutoffs.positive), (thresholds.negative, cutoffs.negative)]
        let firing = sides.filter { $1.first.map { $0 <= .greatestFiniteMagnitude } ?? false }.map(\.0)
        ladders = firing.count == 2 && thresholds.positive != thresholds.negative ? 2 : 1
        doubles = firing.allSatisfy { ladder in zip(ladder, ladder.dropFirst()).allSatisfy { $1 == 2 * $0 } }
        precondition((1...Self.maximumLevels).contains(levels), "1 to \(Self.maximumLevels) levels")
        precondition(
            [thresholds.negative, cutoffs.positive, cutoffs.negative].allSatisfy { $0.count == thresholds.positive.count },
            "as many levels for both signs")
        precondition(!(differential && resetsToZero), "reset to zero has no meaning under differential coding")
        var neuron = vk_neuron()
        neuron.levels = Int32(levels)
        neuron.initial_potential = initialPotential
        neuron.differential = differential ? 1 : 0
        neuron.reset_to_zero = resetsToZero ? 1 : 0
        Self.copy(thresholds.positive + Self.padding(levels) + thresholds.negative, to: &neuron.thresholds)
        Self.copy(cutoffs.positive + Self.padding(levels) + cutoffs.negative, to: &neuron.cutoffs)
        unsafe vk_neuron_prepare(&neuron)
        parameters = neuron
    }

    /// Whether integer weights take its spikes as small whole numbers: up to 8 levels, each the double of the one before.
    public var takesIntegers: Bool { levels <= 8 && doubles }

    private static func padding(_ levels: Int) -> [Float] {
        [Float](repeating: .infinity, count: maximumLevels - levels)
    }

    /// Copies `[side][level]` values into the C array of arrays, a tuple in Swift.
    private static func copy<Storage: BitwiseCopyable>(_ values: [Float], to storage: inout Storage) {
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe values.withUnsafeBytes { unsafe bytes.copyMemory(from: $0) }
        }
    }
}
