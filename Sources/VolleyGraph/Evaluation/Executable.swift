public import VolleyTensors

/// A graph made ready for this machine: constants known, weights packed once, order of release planned.
///
/// The ANN evaluator and the simulators run the same operators through it.
public struct Executable: Sendable {
    public let graph: Graph
    public let kernels: Kernels
    /// By node: the last node that reads its value.
    public let lastUses: [NodeID]
    private let packed: [PackedMatrix?]

    public init(_ graph: Graph, kernels: Kernels = .best) {
        self.graph = graph
        self.kernels = kernels
        lastUses = graph.lastUses
        packed = graph.nodes.map { node in
            guard case .operation(.linear) = node.content, let weight = graph[node.inputs[1]].constant else { return nil }
            return Linear.pack(weight)
        }
    }

    /// Computes the value of an operation node from those of its inputs.
    public func evaluate(_ id: NodeID, _ inputs: [Tensor], into output: inout Tensor) {
        guard let operation = graph[id].operation else { preconditionFailure("node \(id) computes nothing") }
        if case .linear(let linear) = operation, let packed = packed[id] {
            linear.evaluate(inputs, packed: packed, into: &output, on: kernels)
        } else {
            operation.operation.evaluate(inputs, into: &output, on: kernels)
        }
    }

    /// Checks the named arrays against the graph's inputs.
    /// - Returns: the batch size, and the arrays by node.
    /// - Throws: ``GraphError`` for a missing, unknown or misshapen array, or one that holds NaN or infinity.
    public func bind(_ inputs: [String: Tensor]) throws -> (batch: Int, values: [NodeID: Tensor]) {
        let expected = graph.inputs
        let names = expected.map { graph[$0].name }
        if let unknown = inputs.keys.sorted().first(where: { !names.contains($0) }) {
            throw GraphError(
                .badInput, "the network has no input '\(unknown)'; its inputs are \(names.joined(separator: ", "))")
        }
        var values: [NodeID: Tensor] = [:]
        var batch: Int?
        for id in expected {
            let node = graph[id]
            guard let tensor = inputs[node.name] else {
                throw GraphError(
                    .badInput, "no array is given for the input '\(node.name)' of shape \(node.shape); given are "
                        + (inputs.isEmpty ? "none" : inputs.keys.sorted().joined(separator: ", ")))
            }
            guard tensor.shape.rank == node.shape.rank else {
                throw GraphError(.badInput, "an input of shape \(node.shape) is needed, found \(tensor.shape)", node: node.name)
            }
            if let axis = node.shape.dimensions.firstIndex(where: \.scalesWithBatch) {
                let found = tensor.shape[axis] / node.shape[axis].size
                guard batch == nil || batch == found else {
                    throw GraphError(
                        .badInput, "all inputs need one batch size, found \(batch!) and \(found)", node: node.name)
                }
                batch = found
            }
            guard tensor.shape == node.shape.resolved(batch: batch ?? 1) else {
                throw GraphError(.badInput, "an input of shape \(node.shape) is needed, found \(tensor.shape)", node: node.name)
            }
            guard kernels.allFinite(tensor.values) else {
                throw GraphError(.notFinite, "the input holds NaN or infinite values", node: node.name)
            }
            values[id] = tensor
        }
        return (batch ?? 1, values)
    }
}
