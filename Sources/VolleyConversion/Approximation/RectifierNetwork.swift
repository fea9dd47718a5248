internal import Foundation

/// A function of one number as a network with one hidden layer: `f(x) = Σ_j w₂[j]·max(0, w₁[j]·x + b₁[j]) + b₂`, which is piecewise linear.
///
/// Source: Jiang et al., *Spatio-Temporal Approximation: A Training-Free SNN Conversion for Transformers*, ICLR 2024, section 4.1.
public struct RectifierNetwork: Sendable, Hashable {
    /// w₁, b₁ and w₂, one number for each hidden unit; in double precision, for large ones may cancel.
    public let inputWeights: [Double]
    public let inputBiases: [Double]
    public let outputWeights: [Double]
    /// b₂.
    public let outputBias: Double

    /// - Precondition: as many numbers in each list, at least one, and all finite.
    public init(inputWeights: [Double], inputBiases: [Double], outputWeights: [Double], outputBias: Double) {
        precondition(!inputWeights.isEmpty && inputWeights.count == inputBiases.count && inputWeights.count == outputWeights.count)
        self.inputWeights = inputWeights
        self.inputBiases = inputBiases
        self.outputWeights = outputWeights
        self.outputBias = outputBias
    }

    /// Straight lines between the values at n + 1 ascending knots, with n units: w₁ = 1, b₁[j] = −x_j, w₂[j] the change of slope at x_j,
    /// b₂ = f(x₀). Before the first knot it is constant, behind the last one it goes on as before it.
    /// - Precondition: at least two knots.
    public init(of function: (Double) -> Double, at knots: [Double]) {
        precondition(knots.count >= 2)
        let values = knots.map(function)
        let slopes = knots.indices.dropLast().map { (values[$0 + 1] - values[$0]) / (knots[$0 + 1] - knots[$0]) }
        self.init(
            inputWeights: [Double](repeating: 1, count: slopes.count), inputBiases: knots.dropLast().map { -$0 },
            outputWeights: zip(slopes, [0] + slopes).map { $0 - $1 }, outputBias: values[0])
    }

    public var units: Int { inputWeights.count }

    /// f(x), in double precision.
    public func callAsFunction(_ x: Double) -> Double {
        inputWeights.indices.reduce(outputBias) { $0 + outputWeights[$1] * unit($1, x) }
    }

    /// What a hidden unit sends on, `max(0, w₁·x + b₁)`.
    public func unit(_ index: Int, _ x: Double) -> Double { max(0, inputWeights[index] * x + inputBiases[index]) }

    /// The same function by its corners, as `ParametricActivation.Function.piecewiseLinear` has it: sums whose terms cancel are formed once,
    /// in double precision.
    public var corners: [Float] {
        func slope(_ isActive: (Double) -> Bool) -> Float {
            Float(inputWeights.indices.reduce(0.0) { isActive(inputWeights[$1]) ? $0 + inputWeights[$1] * outputWeights[$1] : $0 })
        }
        let bends = inputWeights.indices.filter { inputWeights[$0] != 0 }.map { Float(-inputBiases[$0] / inputWeights[$0]) }
        let places = bends.isEmpty ? [0] : Set(bends).sorted()
        return [slope { $0 < 0 }] + places.flatMap { [$0, Float(self(Double($0)))] } + [slope { $0 > 0 }]
    }
}

extension [Double] {
    /// n + 1 numbers at equal distances.
    static func uniform(from first: Double, to last: Double, parts: Int) -> [Double] {
        (0...parts).map { first + (last - first) * Double($0) / Double(parts) }
    }

    /// n + 1 numbers of equal ratios.
    static func geometric(from first: Double, to last: Double, parts: Int) -> [Double] {
        (0...parts).map { first * Foundation.pow(last / first, Double($0) / Double(parts)) }
    }
}
