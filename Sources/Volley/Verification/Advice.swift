/// A change that brings a network closer to its ANN, and what it was found to do.
public struct Advice: Sendable, Hashable, Codable {
    public enum Change: Sendable, Hashable, Codable {
        /// The network as it is, for so many time-steps.
        case steps(Int)
        /// Other settings of its neurons.
        case adjustment(Adjustment)
        /// Another conversion of the same model: a method with settings, as `MethodCandidate` has it.
        case conversion(String)
    }

    public var change: Change
    /// What in the diagnosis speaks for it.
    public var reason: String
    /// What the changed network does on the samples of the diagnosis.
    public var predicted: AnswerFigures
    /// What was changed is not what the user would make: calibrated on other samples of the same data, for want of calibration data.
    public var isEstimate: Bool
    /// What makes the change, for whoever shows it; the library leaves it open.
    public var command: String?

    /// What is changed, in words.
    public var summary: String {
        switch change {
        case .steps(let steps): "run \(steps) time-steps"
        case .adjustment(let adjustment): adjustment.summary
        case .conversion(let label): "convert by \(label)"
        }
    }
}
