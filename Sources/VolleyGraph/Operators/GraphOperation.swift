public import VolleyTensors

/// What every operator states of itself.
public protocol GraphOperation: Sendable, Hashable, Codable {
    /// How many inputs it takes.
    var arity: ClosedRange<Int> { get }

    /// - Throws: ``GraphError`` when the inputs do not fit.
    func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape

    /// Where the batch lies in the value, given where it lies in the inputs; nil where samples meet: where a sample's part of
    /// the value would depend on other samples, or on its place among them. Asked only where a shape scales with the batch.
    func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis?

    /// The kind, given which inputs change over time. Asked only where at least one does.
    func kind(timeVarying: [Bool]) -> OperatorKind

    /// Which inputs arrive over synapses, given which change over time: neurons stand before these (semantics 6).
    func synapticInputs(timeVarying: [Bool]) -> [Int]

    /// Multiply-accumulates for inputs and output of these shapes. Biases are not counted.
    func multiplyAccumulates(inputs: [Shape], output: Shape) -> Int

    /// Computes the value. `output` has the right shape and arbitrary elements, all of which are written.
    func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels)
}

extension GraphOperation {
    public func synapticInputs(timeVarying: [Bool]) -> [Int] { [] }
    public func multiplyAccumulates(inputs: [Shape], output: Shape) -> Int { 0 }
}
