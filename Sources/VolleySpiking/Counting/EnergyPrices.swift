/// What each counted operation costs, in picojoules, under a name and with its source.
///
/// | | 45nm | 45nm-sram |
/// |---|---|---|
/// | multiply-accumulate of the ANN and of analog layers | 4.6 | 24.6 |
/// | accumulate of a spike | 0.9 | 15.9 |
/// | accumulate of a graded spike, as *strict* prices it | 4.6 | 19.6 |
/// | update of a neuron | 1.8 | 11.8 |
/// | element of a nonlinear operator | 46 | 56 |
/// | scaling by 1/t | 3.7 | 13.7 |
public struct EnergyPrices: Sendable, Hashable, Codable {
    public var name: String
    /// Where the numbers are from, and what an operation stands for.
    public var source: String
    /// Of the ANN, and of layers that see analog values.
    public var multiplyAccumulatePicojoules: Double
    public var accumulatePicojoules: Double
    /// An accumulate whose spike is graded, so that it multiplies.
    public var gradedAccumulatePicojoules: Double
    public var neuronUpdatePicojoules: Double
    public var nonlinearElementPicojoules: Double
    public var scalingPicojoules: Double

    public init(
        name: String, source: String, multiplyAccumulate: Double, accumulate: Double, gradedAccumulate: Double, neuronUpdate: Double,
        nonlinearElement: Double, scaling: Double
    ) {
        (self.name, self.source) = (name, source)
        (multiplyAccumulatePicojoules, accumulatePicojoules) = (multiplyAccumulate, accumulate)
        (gradedAccumulatePicojoules, neuronUpdatePicojoules) = (gradedAccumulate, neuronUpdate)
        (nonlinearElementPicojoules, scalingPicojoules) = (nonlinearElement, scaling)
    }

    /// Arithmetic alone, as published tables have it: 45 nm, 32-bit floating point (Horowitz, *Computing's Energy Problem*, ISSCC 2014), 3.7 pJ for
    /// a multiplication and 0.9 pJ for an addition. A neuron update is an addition and a comparison priced like one; an element of a nonlinear
    /// operator ten multiply-accumulates, the length of the polynomials that compute an exponential: assumptions in the same unit.
    public static let arithmetic = EnergyPrices(
        name: "45nm",
        source: "Horowitz, ISSCC 2014: 45 nm, 32-bit floating point, multiplication 3.7 pJ, addition 0.9 pJ; arithmetic alone, no memory",
        multiplyAccumulate: 4.6, accumulate: 0.9, gradedAccumulate: 4.6, neuronUpdate: 1.8, nonlinearElement: 46, scaling: 3.7)

    /// The same arithmetic with an access of 5 pJ for each 32-bit word that it touches: half of what Horowitz gives for 64 bits from a cache of
    /// 8 kB, 10 pJ. Nothing is kept in registers, on neither side: a multiply-accumulate reads a weight and an input and reads and writes its sum (4
    /// accesses); an accumulate reads a weight and reads and writes a membrane potential (3), a graded one likewise, for its value comes with the
    /// spike; a neuron update, an element and a scaling read and write one word (2).
    public static let withMemory = EnergyPrices(
        name: "45nm-sram",
        source: "as 45nm, and 5 pJ for each 32-bit word read or written (half of Horowitz's 10 pJ for 64 bits of an 8 kB cache): "
            + "MAC 4 words, AC 3, all else 2",
        multiplyAccumulate: 4.6 + 4 * 5, accumulate: 0.9 + 3 * 5, gradedAccumulate: 4.6 + 3 * 5, neuronUpdate: 1.8 + 2 * 5,
        nonlinearElement: 46 + 2 * 5, scaling: 3.7 + 2 * 5)

    /// The lists that have names.
    public static let all = [arithmetic, withMemory]
}
