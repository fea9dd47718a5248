public import VolleySpiking

/// A conversion method: stated values for everything that the multi-threshold family leaves open.
///
/// | name | unit | ecmt | differential | range |
/// |---|---|---|---|---|
/// | `coding` | | rate | differential | |
/// | `direction` | | up | down | |
/// | `levels` | 1 | 8 | 8 | 1…24 |
/// | `rounding` | | half-base | nearest | |
/// | `quantile` | 1 | 0.99 | 0.999 | 0.5…1 |
/// | `scale` | 1 | 1 | 4 | > 0 |
/// | `symmetric` | | no | yes | |
public struct ConversionRecipe: Sendable, Hashable, Codable {
    public var name: String
    /// The paper that the method is from.
    public var citation: String
    public var coding: Coding
    public var direction: ThresholdLadder.Direction
    public var levels: Int
    public var rounding: MultiThresholdNeuron.Rounding
    public var reset: Reset = .subtraction
    /// In units of the smallest positive threshold.
    public var initialPotential: Float = 0
    /// Which quantile of the calibrated activation thresholds are made from.
    public var quantile: Double
    /// What the quantile is multiplied with.
    public var scale: Float
    /// One threshold for both signs.
    public var symmetric: Bool
    /// Whether a neuron layer stands before the classifier head too.
    public var spikingHead = false

    /// Expectation compensation and multi-threshold neurons under rate coding.
    public static let ecmt = ConversionRecipe(
        name: "ecmt",
        citation: "Huang et al., Towards High-performance Spiking Transformers from ANN to SNN Conversion, MM '24, arXiv 2502.21193",
        coding: .rate, direction: .up, levels: 8, rounding: .halfBase, quantile: 0.99, scale: 1, symmetric: false)

    /// The same with differential coding.
    public static let differential = ConversionRecipe(
        name: "differential",
        citation: "Huang et al., Differential Coding for Training-Free ANN-to-SNN Conversion, ICML 2025, arXiv 2503.00301",
        coding: .differential, direction: .down, levels: 8, rounding: .nearest, quantile: 0.999, scale: 4,
        symmetric: true)

    public static let all = [ecmt, differential]

    /// The neuron layer that stands behind a pair of thresholds.
    public func layer(_ thresholds: ThresholdTable.Pair) -> NeuronLayer {
        NeuronLayer(
            MultiThresholdNeuron(
                ladder: ThresholdLadder(
                    direction, levels: levels, positive: thresholds.positive, negative: thresholds.negative),
                rounding: rounding, reset: reset, initialPotential: initialPotential))
    }

    /// - Throws: ``ConversionError`` for settings outside their range or against each other.
    public func validate() throws {
        guard (1...24).contains(levels) else {
            throw ConversionError(.badSettings, "the number of levels must lie in 1…24, found \(levels)")
        }
        guard quantile >= 0.5, quantile <= 1 else {
            throw ConversionError(.badSettings, "the quantile must lie in 0.5…1, found \(quantile)")
        }
        guard scale > 0, scale.isFinite else {
            throw ConversionError(.badSettings, "the threshold scale must be positive, found \(scale)")
        }
        guard coding == .rate || reset == .subtraction else {
            throw ConversionError(.badSettings, "reset to zero has no meaning under differential coding")
        }
    }
}
