public import VolleyTensors

/// Computes the ANN: every node once, in order; a value is released after its last reader.
public struct Evaluator: Sendable {
    public let executable: Executable
    /// Whether every computed value is checked for NaN and infinity.
    public var checksValues = false

    public init(_ graph: Graph, kernels: Kernels = .best) { executable = Executable(graph, kernels: kernels) }

    public init(_ executable: Executable) { self.executable = executable }

    /// Evaluates the graph on arrays named like its inputs, of any number of samples.
    /// - Parameter observe: called with every computed value, in order; once more for every further run where the graph takes only so
    ///   many samples at a time.
    /// - Returns: the outputs by name.
    /// - Throws: ``GraphError`` for inputs that do not fit; with ``checksValues`` also for the first node whose value is not
    ///   finite; and what `observe` throws.
    public func run(
        _ inputs: [String: Tensor], observe: (_ node: Node, _ value: Tensor) throws -> Void = { _, _ in }
    ) throws -> [String: Tensor] {
        try run(executable.bind(inputs), observe: observe)
    }

    /// The same on inputs that were checked.
    /// - Throws: with ``checksValues`` ``GraphError`` for the first node whose value is not finite; and what `observe` throws.
    public func run(
        _ inputs: BoundInputs, observe: (_ node: Node, _ value: Tensor) throws -> Void = { _, _ in }
    ) throws -> [String: Tensor] {
        let runs = executable.batching.runs(of: inputs.count, size: inputs.count)
        return executable.batching.joining(outputs: try runs.map { try runOnce(inputs.samples($0), observe) })
    }

    private func runOnce(
        _ inputs: BoundInputs, _ observe: (_ node: Node, _ value: Tensor) throws -> Void
    ) throws -> [String: Tensor] {
        let graph = executable.graph
        var pool = ArrayPool<Float>()
        var values = [Tensor](repeating: .empty, count: graph.nodes.count)
        for (id, node) in graph.nodes.enumerated() {
            switch node.content {
            case .input: values[id] = inputs[node.name]!
            case .constant(let tensor): values[id] = tensor
            case .operation:
                var output = Tensor(node.shape.resolved(batch: inputs.batch))
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
