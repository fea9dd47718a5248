public import VolleyTensors

/// Named arrays that fit the inputs of a graph: names, shapes and finiteness are checked here, once, and every part of them fits too.
public struct BoundInputs: Sendable {
    /// The number of samples.
    public let count: Int
    private let arrays: [String: Tensor]
    /// By the name of an input, the spikes that it is fed with instead of its values, and by that of a neuron site, what its neurons send
    /// instead of what they would, `[T, …]`.
    private let trains: [String: Tensor]
    private let nodes: [NodeID: String]
    private let batching: Batching
    /// By neuron site with recorded spikes, where the batch lies in its value.
    private let siteAxes: [String: BatchAxis]

    /// Checks arrays of any number of samples.
    /// - Throws: ``GraphError`` for a missing, unknown or misshapen array, for one that holds NaN or infinity, and where the graph
    ///   fixes the number of samples in a run and the arrays hold no multiple of it.
    init(_ given: [String: Tensor], to graph: Graph, _ analysis: BatchAnalysis, _ batching: Batching, on kernels: Kernels) throws {
        let trainedNodes = graph.nodes.indices.filter {
            given[Self.train(of: graph[$0].name)] != nil && (graph[$0].content == .input || graph[$0].isNeuronSite)
        }
        let trained = trainedNodes.map { graph[$0].name }
        let arrays = trained.reduce(into: given) { $0[Self.train(of: $1)] = nil }
        let counts = Set(arrays.values.map { $0.shape.dimensions.first })
        if case .fixed(let fixed) = batching.rule, counts.count == 1, let count = counts.first ?? nil, count > fixed {
            guard count % fixed == 0 else { throw GraphError(.badInput, Batching.remainder(of: count, fixed)) }
            // All runs have the shapes of the first.
            _ = try Self.batch(of: batching.samples(0..<fixed, of: count, in: arrays), graph, holding: arrays, kernels)
            self.count = count
        } else {
            let batch = try Self.batch(of: arrays, graph, holding: arrays, kernels)
            if case .fixed(let fixed) = batching.rule { count = fixed } else { count = batch }
        }
        self.arrays = arrays
        self.batching = batching
        let batch = if case .fixed = batching.rule { 1 } else { count }
        siteAxes = Dictionary(
            uniqueKeysWithValues: trainedNodes.compactMap { id in
                graph[id].isNeuronSite ? analysis.layouts[id].axis.map { (graph[id].name, $0) } : nil
            })
        trains = try Dictionary(
            uniqueKeysWithValues: trainedNodes.map { id in
                let name = graph[id].name
                let (train, shape) = (given[Self.train(of: name)]!, arrays[name]?.shape ?? graph[id].shape.resolved(batch: batch))
                guard train.shape.rank == shape.rank + 1, Array(train.shape.dimensions.dropFirst()) == shape.dimensions else {
                    throw GraphError(.badInput, "a train of spikes of shape [T, …] with … = \(shape) is needed, found \(train.shape)", node: name)
                }
                guard train.values.allSatisfy({ $0 == $0.rounded() && abs($0) <= 127 }) else {
                    throw GraphError(.badInput, "a train of spikes holds whole numbers from −127 to 127, one for each time-step", node: name)
                }
                return (name, train)
            })
        nodes = Dictionary(uniqueKeysWithValues: graph.inputs.map { ($0, graph[$0].name) })
    }

    private init(_ arrays: [String: Tensor], _ trains: [String: Tensor], count: Int, of whole: BoundInputs) {
        self.arrays = arrays
        self.trains = trains
        self.count = count
        (nodes, batching, siteAxes) = (whole.nodes, whole.batching, whole.siteAxes)
    }

    /// What N stands for in the graph's shapes, where all samples are one run.
    public var batch: Int { if case .fixed = batching.rule { 1 } else { count } }

    public subscript(name: String) -> Tensor? { arrays[name] }

    /// The array of an input node; nil for other nodes.
    public subscript(id: NodeID) -> Tensor? { nodes[id].flatMap { arrays[$0] } }

    /// Some of the samples.
    /// - Parameter range: as ``Batching/runs(of:size:)`` or ``Batching/parts(of:atMost:)`` give them, so that a part holds whole runs.
    public func samples(_ range: Range<Int>) -> BoundInputs {
        if range == 0..<count { return self }
        let parts = trains.reduce(into: [String: Tensor]()) { parts, train in
            let axis = batching.inputs[train.key] ?? siteAxes[train.key]
            parts[train.key] = axis?.behind(1).samples(range, of: count, in: train.value) ?? train.value
        }
        return BoundInputs(batching.samples(range, of: count, in: arrays), parts, count: range.count, of: self)
    }

    /// What the array of recorded spikes of an input or a neuron site is called.
    public static func train(of name: String) -> String { "train/" + name }

    /// The recorded spikes of a neuron site, `[T, …]`: its code at every time-step; nil where there are none.
    public func train(ofSite name: String) -> Tensor? { trains[name] }

    /// The recorded spikes of an input node, `[T, …]`: how many at every time-step; nil where there are none.
    public func train(_ id: NodeID) -> Tensor? { nodes[id].flatMap { trains[$0] } }

    /// - Parameter whole: the arrays that those of one run are part of, whose values must be finite.
    /// - Returns: the batch size, for which the graph's shapes are those of the arrays.
    private static func batch(of run: [String: Tensor], _ graph: Graph, holding whole: [String: Tensor], _ kernels: Kernels) throws -> Int {
        let expected = graph.inputs
        let names = expected.map { graph[$0].name }
        if let unknown = run.keys.sorted().first(where: { !names.contains($0) }) {
            throw GraphError(
                .badInput, "the network has no input '\(unknown)'; its inputs are \(names.joined(separator: ", "))")
        }
        var batch: Int?
        for id in expected {
            let node = graph[id]
            guard let tensor = run[node.name] else {
                throw GraphError(
                    .badInput,
                    "no array is given for the input '\(node.name)' of shape \(node.shape); given are "
                        + (run.isEmpty ? "none" : run.keys.sorted().joined(separator: ", ")))
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
            guard kernels.allFinite(whole[node.name]!.values) else {
                throw GraphError(.notFinite, "the input holds NaN or infinite values", node: node.name)
            }
        }
        return batch ?? 1
    }
}
