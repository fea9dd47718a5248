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
                return graph[node.inputs[1]].constant.map { Convolution.pack($0, convolution.channels) }
            case .operation(.transposedConvolution(let convolution)) where convolution.groups == 1:
                return graph[node.inputs[1]].constant.map(TransposedConvolution.pack)
            default: return nil
            }
        }
    }

    /// The weight of a layer as the kernels read it, where it is constant.
    public func packedWeight(of id: NodeID) -> PackedMatrix? { packed[id] }

    /// Another graph, on the same packed weights: its layers are those of the same name here.
    public func sharing(with other: Graph) -> Executable {
        var shared: [String: PackedMatrix] = [:]
        for (id, matrix) in packed.enumerated() { shared[graph[id].name] = matrix }
        return Executable(other, kernels: kernels, packed: shared)
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

    /// Checks the named arrays of any number of samples against the graph's inputs.
    /// - Throws: ``GraphError`` for a missing, unknown or misshapen array, for one that holds NaN or infinity, and where the graph
    ///   fixes the number of samples in a run and the arrays hold no multiple of it.
    public func bind(_ inputs: [String: Tensor]) throws -> BoundInputs {
        try BoundInputs(inputs, to: graph, analysis, batching, on: kernels)
    }

    /// The number of samples that named arrays hold.
    /// - Throws: ``GraphError`` as ``bind(_:)`` does.
    public func sampleCount(_ inputs: [String: Tensor]) throws -> Int { try bind(inputs).count }
}
