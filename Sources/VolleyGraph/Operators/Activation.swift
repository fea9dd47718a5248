public import VolleyTensors

/// `y = f(x)` element by element.
///
/// The negation is affine (<doc:Semantics>, section 2); every other function is nonlinear (<doc:Semantics>, section 4.1; ECMT
/// theorem 4.1).
public struct Activation: GraphOperation {
    public var function: UnaryFunction

    public init(_ function: UnaryFunction) { self.function = function }

    public var arity: ClosedRange<Int> { 1...1 }
    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape { inputs[0] }
    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs[0].axis }
    public func kind(timeVarying: [Bool]) -> OperatorKind { function == .negate ? .affine : .nonlinear }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        switch function.implementation {
        case .kernel(let kernel): kernels.apply(kernel, to: inputs[0].values, into: &output.values)
        case .plain(let function): inputs[0].map(function, into: &output)
        }
    }
}

extension Tensor {
    /// Writes `function` of every element to `output`, which has as many.
    func map(_ function: (Float) -> Float, into output: inout Tensor) {
        for index in values.indices { output.values[index] = function(values[index]) }
    }
}
