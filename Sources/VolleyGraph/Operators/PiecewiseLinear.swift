/// Straight lines between points, from the parameters of ``ParametricActivation/Function/piecewiseLinear``.
struct PiecewiseLinear {
    private let x: [Float]
    private let y: [Float]
    /// Before the first point, between neighbours, and behind the last one.
    private let slopes: [Float]

    /// - Parameter parameters: m₀, x₁, y₁, …, m; nil where they are none of such.
    init?(_ parameters: [Float]) {
        guard parameters.count >= 4, parameters.count.isMultiple(of: 2), parameters.allSatisfy(\.isFinite) else { return nil }
        let points = parameters.dropFirst().dropLast()
        x = stride(from: points.startIndex, to: points.endIndex, by: 2).map { points[$0] }
        y = stride(from: points.startIndex, to: points.endIndex, by: 2).map { points[$0 + 1] }
        guard zip(x, x.dropFirst()).allSatisfy(<) else { return nil }
        let (x, y) = (x, y)
        let inner = x.indices.dropFirst().map { Float((Double(y[$0]) - Double(y[$0 - 1])) / (Double(x[$0]) - Double(x[$0 - 1]))) }
        slopes = [parameters[0]] + inner + [parameters[parameters.count - 1]]
    }

    /// From the nearer point on its left, so that nothing cancels; left of all of them, from the first.
    func value(_ argument: Float) -> Float {
        var (low, high) = (0, x.count)
        while low < high {
            let middle = (low + high) / 2
            if x[middle] <= argument { low = middle + 1 } else { high = middle }
        }
        let point = max(0, low - 1)
        return y[point] + slopes[low] * (argument - x[point])
    }
}
