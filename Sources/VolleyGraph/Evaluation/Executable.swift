public import VolleyTensors

/// A graph made ready for this machine: constants known, weights packed once, order of release planned.
///
/// The ANN evaluator and the simulators run the same operators through it.
public struct Executable: Sendable {
    public let graph: Graph
    public let kernels: Kernels
    /// By node: the last node that reads its value.
    public let lastUses: [NodeID]
    /// By node: where the batch lies, as far as samples do not meet.
    public let analysis: BatchAnalysis
    /// How the graph takes the samples of a batch.
    public let batching: Batching
    private let packed: [PackedMatrix?]

    public init(_ graph: Graph, kernels: Kernels = .best) {
        self.init(graph, kernels: kernels, packed: [:])
    }

    /// - Parameter packed: weights by node name that are packed already.
    private init(_ graph: Graph, kernels: Kernels, packed: [String: PackedMatrix]) {
        self.graph = graph
        self.kernels = kernels
        lastUses = graph.lastUses
        analysis = BatchAnalysis(graph)
        batching = Batching(graph, analysis)
        self.packed = graph.nodes.map { node in
            if let matrix = packed[node.name] { return matrix }
            switch node.content {
            case .operation(.linear): return graph[node.inputs[1]].constant.map(Linear.pack)
            case .operation(.convolution(let convolution)) where convolution.groups == 1:
                return graph[node.inputs[1]].constant.map(Convolution.pack)
            case .operation(.transposedConvolution(let convolution)) where convolution.groups == 1:
                return graph[node.inputs[1]].constant.map(TransposedConvolution.pack)
            default: return nil
            }
        }
    }

    /// The weight of a layer as the kernels read it, where it is constant.
    public func packedWeight(of id: NodeID) -> PackedMatrix? { packed[id] }

    /// The same network without its neuron sites, on the same packed weights.
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public func withoutNeurons() throws -> Executable {
        let plain = try graph.rebuilt { builder, node, _, inputs in
            if case .operation(.neuron) = node.content { return inputs[0] }
            return try builder.copy(node, inputs: inputs)
        }
        var shared: [String: PackedMatrix] = [:]
        for (id, matrix) in packed.enumerated() { shared[graph[id].name] = matrix }
        return Executable(plain, kernels: kernels, packed: shared)
    }

    /// Computes the value of an operation node from those of its inputs.
    public func evaluate(_ id: NodeID, _ inputs: [Tensor], into output: inout Tensor) {
        var pool = ArrayPool<Float>()
        evaluate(id, inputs, into: &output, pool: &pool)
    }

    /// Computes the value into memory that the caller provides.
    /// - Parameter pool: memory for intermediate values; it is given back afterwards.
    public func evaluate(_ id: NodeID, _ inputs: [Tensor], into output: inout Tensor, pool: inout ArrayPool<Float>) {
        guard let operation = graph[id].operation else { preconditionFailure("node \(id) computes nothing") }
        switch (operation, packed[id]) {
        case (.linear(let linear), let packed?): linear.evaluate(inputs, packed: packed, into: &output, on: kernels)
        case (.convolution(let convolution), let packed):
            convolution.evaluate(inputs, packed: packed, into: &output, on: kernels, pool: &pool)
        case (.transposedConvolution(let convolution), let packed):
            convolution.evaluate(inputs, packed: packed, into: &output, on: kernels, pool: &pool)
        default: operation.operation.evaluate(inputs, into: &output, on: kernels)
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
                    .badInput,
                    "no array is given for the input '\(node.name)' of shape \(node.shape); given are "
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
