/// What each counted operation costs, in picojoules.
///
/// MAC and AC: 45 nm, 32-bit floating point (Horowitz, *Computing's energy problem*, ISSCC 2014): 3.7 pJ for a
/// multiplication, 0.9 pJ for an addition. The other two are stated assumptions in the same unit.
public struct EnergyPrices: Sendable, Hashable, Codable {
    public var multiplyAccumulatePicojoules = 4.6
    public var accumulatePicojoules = 0.9
    /// One addition to integrate, one comparison priced like an addition.
    public var neuronUpdatePicojoules = 1.8
    /// Ten multiply-accumulates, the length of the polynomials that compute an exponential.
    public var nonlinearElementPicojoules = 46.0
    public var scalingPicojoules = 3.7

    public init() {}
}

/// Energy of the spiking network after some steps as a multiple of the ANN's.
public struct EnergyRatios: Sendable, Hashable, Codable {
    /// As in published tables: `T · 0.9/4.6 · ΣSOP/ΣMAC` over linear layers and products, with `S(t)` in place of `S(t−1)`.
    public var paper: Double
    /// All layers and products: accumulates for spikes, multiply-accumulates for analog layers.
    public var exact: Double
    /// The same with neuron updates, nonlinear operators and scalings by 1/t, the ANN's nonlinear operators included.
    public var full: Double

    /// - Parameters:
    ///   - counts: the sum over all steps so far and over all samples.
    ///   - dense: the cost of the ANN for one sample, or for as many as are priced as one: those that the network's file fixes,
    ///     or a batch whose samples meet.
    ///   - samples: how many of those were counted.
    ///   - prices: what each operation costs.
    public init(_ counts: OperationCounts, dense: DenseCosts, samples: Int, prices: EnergyPrices = EnergyPrices()) {
        func ratio(_ spiking: Double, _ dense: Double) -> Double {
            dense > 0 && samples > 0 ? spiking / (dense * Double(samples)) : 0
        }
        let (mac, ac) = (prices.multiplyAccumulatePicojoules, prices.accumulatePicojoules)
        let layers = Double(counts.accumulates) * ac + Double(counts.analogMultiplyAccumulates) * mac
        paper = ratio(Double(counts.paperAccumulates) * ac, Double(dense.paperMultiplyAccumulates) * mac)
        exact = ratio(layers, Double(dense.multiplyAccumulates) * mac)
        full = ratio(
            layers + Double(counts.neuronUpdates) * prices.neuronUpdatePicojoules
                + Double(counts.nonlinearElements) * prices.nonlinearElementPicojoules
                + Double(counts.scalings) * prices.scalingPicojoules,
            Double(dense.multiplyAccumulates) * mac + Double(dense.nonlinearElements) * prices.nonlinearElementPicojoules)
    }
}
