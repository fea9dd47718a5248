internal import Foundation

/// How sure a classifier is of its answer: the largest softmax probability of its logits z less the second largest,
/// `(1 − e^(z₂ − z₁)) / Σ_i e^(z_i − z₁)` with z₁ ≥ z₂ the two largest; 0 for a tie, towards 1 for an answer without a rival.
public enum SoftmaxMargin {
    /// - Parameter logits: at least two.
    /// - Returns: 0…1; not a number where a logit is none.
    public static func margin(of logits: some Collection<Float>) -> Double {
        var (first, second) = (-Double.infinity, -Double.infinity)
        for logit in logits.lazy.map({ Double($0) }) {
            if logit.isNaN { return .nan }
            if logit > first { (first, second) = (logit, first) } else if logit > second { second = logit }
        }
        return (1 - exp(second - first)) / logits.reduce(0) { $0 + exp(Double($1) - first) }
    }

    /// The first time-step, counted from 1, at which one of `margins` reaches a threshold; nil where none does.
    static func firstStep(reaching threshold: Double, in margins: [Double]) -> Int? {
        margins.firstIndex { $0 >= threshold }.map { $0 + 1 }
    }
}
