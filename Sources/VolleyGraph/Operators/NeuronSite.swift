public import VolleyTensors

/// The place of a layer of spiking neurons; the node's name is the site's name.
///
/// In the ANN it hands its input on. What stands there in the spiking network is not the graph's business.
///
/// Where sites stand: <doc:Semantics>, section 6; what stands there: <doc:Semantics>, section 3.
public struct NeuronSite: Operation {
    public init() {}

    public var arity: ClosedRange<Int> { 1...1 }
    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape { inputs[0] }
    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs[0].axis }
    public func kind(timeVarying: [Bool]) -> OperatorKind { .neuron }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) { output = inputs[0] }
}
