/// Between which fractions the true one lies, with 95 % confidence, where some of n independent samples were counted.
///
/// Wilson's score interval with z = 1.96: `(p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n)`. It stays within 0…1 and keeps its
/// promise near the ends, where accuracies lie. Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, J. Am.
/// Stat. Assoc. 22, 1927.
public struct ConfidenceInterval: Sendable, Hashable, Codable {
    public var lower: Double
    public var upper: Double

    /// - Parameter fraction: of `samples` independent samples, at least one.
    public init(of fraction: Double, samples: Int) {
        let (z, n) = (1.959964, Double(samples))
        let centre = fraction + z * z / (2 * n)
        let reach = z * (fraction * (1 - fraction) / n + z * z / (4 * n * n)).squareRoot()
        lower = max(0, (centre - reach) / (1 + z * z / n))
        upper = min(1, (centre + reach) / (1 + z * z / n))
    }
}
