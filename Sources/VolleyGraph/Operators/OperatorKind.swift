/// How an operator's value depends on those of its inputs that change over time: the one thing that conversion needs to
/// know of it (<doc:Semantics>, section 2).
public enum OperatorKind: String, Sendable, Hashable, Codable {
    /// All inputs are the same at every time-step: evaluated once.
    case staticValue = "static"
    /// Applied to the step's values; biases and static addends are applied at every step.
    case affine
    /// The product of two time-varying values: expectation compensation of <doc:Semantics>, section 4.2.
    case bilinear
    /// Everything else: expectation compensation of <doc:Semantics>, section 4.1.
    case nonlinear
    /// A layer of spiking neurons: the only operator with a state.
    case neuron
}
