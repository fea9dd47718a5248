/// How a train of spikes stands for a value.
public enum Coding: String, Sendable, Hashable, Codable, CaseIterable {
    /// The value is the mean of what was sent: `φ(t) = S(t)/t`. What is known decays by `(t−1)/t` and must be sent again.
    case rate
    /// What is sent corrects the value: `φ(t) = φ(t−1) + s(t)/t` (semantics 5.1; Huang et al., *Differential Coding for
    /// Training-Free ANN-to-SNN Conversion*, ICML 2025, arXiv 2503.00301).
    case differential
}
