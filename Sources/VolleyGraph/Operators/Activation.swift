public import VolleyTensors

/// `y = f(x)` element by element.
public struct Activation: Operation {
    public var function: Kernels.Unary

    public init(_ function: Kernels.Unary) { self.function = function }

    public var arity: ClosedRange<Int> { 1...1 }
    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape { inputs[0] }
    public func kind(timeVarying: [Bool]) -> OperatorKind { .nonlinear }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        kernels.apply(function, to: inputs[0].values, into: &output.values)
    }
}
