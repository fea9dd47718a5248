internal import CVolleyKernels

/// A layer of neurons with a ladder of thresholds for each sign, as the kernels see them: cut-offs instead of rounding rules.
///
/// State per neuron: `sent` is `S(t)` under rate coding and `φ(t)` under differential coding; `baseline` is there for reset
/// to zero only: what of `t·φ_in(t)` came before the last spike.
@safe public struct NeuronKernel: Sendable {
    /// The largest number of levels per sign.
    public static let maximumLevels = Int(VK_MAX_LEVELS)
    /// The largest number of dead zones.
    public static let maximumDeadZones = Int(VK_MAX_DEAD_ZONES)

    public let levels: Int
    public let resetsToZero: Bool
    let parameters: AlignedBuffer<vk_neuron>

    /// - Parameters:
    ///   - thresholds: for the positive and for the negative sign, what a spike of each level is worth, ascending, all > 0.
    ///   - cutoffs: the membrane potential (its size) from which on each level fires, ascending, all > 0; infinity for never.
    ///   - initialPotential: `v(0)`, in activation units.
    ///   - deadZones: `δ_1, δ_2, …`: at step t nothing fires below `t·δ_t`; the last one holds for later steps. None: empty.
    ///   - leastPotential: below it nothing fires, at no step; in activation units.
    ///   - differential: whether the layer sends corrections instead of values.
    ///   - resetsToZero: whether a spike clears the potential instead of lowering it.
    public init(
        thresholds: (positive: [Float], negative: [Float]), cutoffs: (positive: [Float], negative: [Float]),
        initialPotential: Float, deadZones: [Float] = [], leastPotential: Float = 0, differential: Bool, resetsToZero: Bool
    ) {
        levels = thresholds.positive.count
        self.resetsToZero = resetsToZero
        precondition((1...Self.maximumLevels).contains(levels), "1 to \(Self.maximumLevels) levels")
        precondition(
            [thresholds.negative, cutoffs.positive, cutoffs.negative].allSatisfy { $0.count == thresholds.positive.count },
            "as many levels for both signs")
        precondition(deadZones.count <= Self.maximumDeadZones, "at most \(Self.maximumDeadZones) dead zones")
        precondition(!(differential && resetsToZero), "reset to zero has no meaning under differential coding")
        var neuron = vk_neuron()
        neuron.levels = Int32(levels)
        neuron.initial_potential = initialPotential
        neuron.differential = differential ? 1 : 0
        neuron.reset_to_zero = resetsToZero ? 1 : 0
        neuron.dead_zones = Int32(deadZones.count)
        copyFloats(deadZones, to: &neuron.dead_zone)
        neuron.least_potential = leastPotential
        copyFloats(thresholds.positive + Self.padding(levels) + thresholds.negative, to: &neuron.thresholds)
        copyFloats(cutoffs.positive + Self.padding(levels) + cutoffs.negative, to: &neuron.cutoffs)
        unsafe vk_neuron_prepare(&neuron)
        parameters = AlignedBuffer([neuron])
    }

    private static func padding(_ levels: Int) -> [Float] {
        [Float](repeating: .infinity, count: maximumLevels - levels)
    }
}
