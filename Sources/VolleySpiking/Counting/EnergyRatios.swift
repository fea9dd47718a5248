/// Energy of the spiking network after some steps as a multiple of the ANN's.
public struct EnergyRatios: Sendable, Hashable, Codable {
    /// As in published tables: `T · 0.9/4.6 · ΣSOP/ΣMAC` over linear layers and products, with `S(t)` in place of `S(t−1)`.
    public var paper: Double
    /// All layers and products: accumulates for spikes, multiply-accumulates for analog layers.
    public var exact: Double
    /// The same, where a graded spike does not accumulate but multiply: what hardware without shifted copies of its weights pays.
    public var strict: Double
    /// As exact, with neuron updates, nonlinear operators and scalings by 1/t, the ANN's nonlinear operators included.
    public var full: Double

    /// - Parameters:
    ///   - counts: the sum over all steps so far and over all samples.
    ///   - dense: the cost of the ANN for one sample, or for as many as are priced as one: those that the network's file fixes,
    ///     or a batch whose samples meet.
    ///   - samples: how many of those were counted.
    ///   - prices: what each operation costs.
    public init(_ counts: OperationCounts, dense: DenseCosts, samples: Int, prices: EnergyPrices = .arithmetic) {
        func ratio(_ spiking: Double, _ dense: Double) -> Double {
            dense > 0 && samples > 0 ? spiking / (dense * Double(samples)) : 0
        }
        let (mac, ac) = (prices.multiplyAccumulatePicojoules, prices.accumulatePicojoules)
        let layers = Double(counts.accumulates) * ac + Double(counts.analogMultiplyAccumulates) * mac
        paper = ratio(Double(counts.paperAccumulates) * ac, Double(dense.paperMultiplyAccumulates) * mac)
        exact = ratio(layers, Double(dense.multiplyAccumulates) * mac)
        strict = ratio(
            layers + Double(counts.gradedAccumulates) * (prices.gradedAccumulatePicojoules - ac), Double(dense.multiplyAccumulates) * mac)
        full = ratio(
            layers + Double(counts.neuronUpdates) * prices.neuronUpdatePicojoules
                + Double(counts.nonlinearElements) * prices.nonlinearElementPicojoules
                + Double(counts.scalings) * prices.scalingPicojoules,
            Double(dense.multiplyAccumulates) * mac + Double(dense.nonlinearElements) * prices.nonlinearElementPicojoules)
    }
}
