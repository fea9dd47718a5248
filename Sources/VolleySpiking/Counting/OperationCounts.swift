/// What one time-step of a spiking network cost, summed over a batch: counted exactly, priced afterwards (semantics 9).
public struct OperationCounts: Sendable, Hashable, Codable {
    /// Accumulates: one per spike and synapse it reaches. Products count with the sums of the step before, `S(t−1)`.
    public var accumulates = 0
    /// Those of them that multiply: the spike is graded (`Alphabet.graded`), and what it meets in a product is no spike, or a graded one too.
    public var gradedAccumulates = 0
    /// The same as the authors' program counts it: products with `S(t)`, the nonzero inputs of analog layers included.
    public var paperAccumulates = 0
    /// Multiply-accumulates of layers that see analog values: the first layer (once, at the first step) and the head.
    public var analogMultiplyAccumulates = 0
    /// Neurons updated, spiking or not.
    public var neuronUpdates = 0
    /// Elements computed by nonlinear operators, in floating point.
    public var nonlinearElements = 0
    /// Multiplications by 1/t that turn sums into estimates, before nonlinear operators and behind products.
    public var scalings = 0
    /// Spikes of all neurons and levels.
    public var spikes = 0

    public init() {}

    public static func += (total: inout OperationCounts, step: OperationCounts) {
        total.accumulates += step.accumulates
        total.gradedAccumulates += step.gradedAccumulates
        total.paperAccumulates += step.paperAccumulates
        total.analogMultiplyAccumulates += step.analogMultiplyAccumulates
        total.neuronUpdates += step.neuronUpdates
        total.nonlinearElements += step.nonlinearElements
        total.scalings += step.scalings
        total.spikes += step.spikes
    }
}

/// What the ANN costs for one sample, or for as many as the network's file fixes, or for a batch whose samples meet: the other
/// side of every ratio.
public struct DenseCosts: Sendable, Hashable, Codable {
    /// Multiply-accumulates of all linear layers, convolutions and products.
    public var multiplyAccumulates = 0
    /// Those of them whose inputs change over time in the spiking network: what published ratios are relative to.
    public var paperMultiplyAccumulates = 0
    /// Elements computed by nonlinear operators.
    public var nonlinearElements = 0
    /// Neurons of the spiking network.
    public var neurons = 0

    public init() {}

    /// The costs of one sample, where these are those of several; rounded, should samples share some.
    public func perSample(of samples: Int) -> DenseCosts {
        var costs = self
        for cost in [\DenseCosts.multiplyAccumulates, \.paperMultiplyAccumulates, \.nonlinearElements, \.neurons] {
            costs[keyPath: cost] = (self[keyPath: cost] + samples / 2) / samples
        }
        return costs
    }
}
