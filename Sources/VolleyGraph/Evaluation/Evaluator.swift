public import VolleyTensors

/// Computes the ANN: every node once, in order; a value is released after its last reader.
public struct Evaluator: Sendable {
    public let executable: Executable
    /// Whether every computed value is checked for NaN and infinity.
    public var checksValues = false

    public init(_ graph: Graph, kernels: Kernels = .best) { executable = Executable(graph, kernels: kernels) }

    public init(_ executable: Executable) { self.executable = executable }

    /// Evaluates the graph on arrays named like its inputs.
    /// - Parameter observe: called with every computed value, in order.
    /// - Returns: the outputs by name.
    /// - Throws: ``GraphError`` for inputs that do not fit; with ``checksValues`` also for the first node whose value is not
    ///   finite; and what `observe` throws.
    public func run(
        _ inputs: [String: Tensor], observe: (_ node: Node, _ value: Tensor) throws -> Void = { _, _ in }
    ) throws -> [String: Tensor] {
        let graph = executable.graph
        let (batch, bound) = try executable.bind(inputs)
        var pool = ArrayPool<Float>()
        var values = [Tensor](repeating: .empty, count: graph.nodes.count)
        for (id, node) in graph.nodes.enumerated() {
            switch node.content {
            case .input: values[id] = bound[id]!
            case .constant(let tensor): values[id] = tensor
            case .operation:
                var output = Tensor(node.shape.resolved(batch: batch))
                executable.evaluate(id, node.inputs.map { values[$0] }, into: &output, pool: &pool)
                if checksValues, !executable.kernels.allFinite(output.values) {
                    throw GraphError(
                        .notFinite,
                        "its value holds NaN or infinity, though its inputs do not; "
                            + "look at the weights and at the input's preprocessing", node: node.name)
                }
                try observe(node, output)
                values[id] = output
                for input in node.inputs where executable.lastUses[input] == id { values[input] = .empty }
            }
        }
        return Dictionary(uniqueKeysWithValues: graph.outputs.map { ($0.name, values[$0.value]) })
    }
}
