internal import VolleyGraph
internal import VolleyTensors

extension StagePlanner {
    /// From a scores' product on, if softmax and another product follow.
    func attention(_ id: NodeID) -> AttentionStage? {
        let (q, k) = (graph[id].inputs[0], graph[id].inputs[1])
        guard isHeads(q), isHeads(k), timeVarying[q] == timeVarying[k], timeVarying[id] || isANN,
            graph[q].shape.dimensions.dropLast(2) == graph[k].shape.dimensions.dropLast(2)
        else { return nil }
        var nodes = [id]
        var scale = Float(1)
        var mask: NodeID?
        if let next = onlyReader(of: nodes.last!), case .operation(.elementwise(let product)) = graph[next].content,
            product.function == .multiply, let factor = graph[next].inputs.compactMap({ graph[$0].constant }).first,
            factor.count == 1, factor.shape.rank <= graph[nodes.last!].shape.rank
        {
            scale = factor.values[0]
            nodes.append(next)
        }
        if let next = onlyReader(of: nodes.last!), case .operation(.elementwise(let sum)) = graph[next].content, sum.function == .add,
            let other = graph[next].inputs.first(where: { $0 != nodes.last! }), isMask(other, for: graph[nodes.last!].shape)
        {
            mask = other
            nodes.append(next)
        }
        guard let softmax = onlyReader(of: nodes.last!), case .operation(.softmax) = graph[softmax].content else { return nil }
        nodes.append(softmax)
        var site: NodeID?
        if let next = onlyReader(of: nodes.last!), let neuron = neurons[next] {
            guard neuron.fusedKernel != nil else { return nil }
            site = next
            nodes.append(next)
        }
        guard let context = onlyReader(of: nodes.last!), case .operation(.matrixProduct) = graph[context].content,
            graph[context].inputs[0] == nodes.last!, case let v = graph[context].inputs[1], v != nodes.last!, isHeads(v),
            timeVarying[v] == timeVarying[q],
            graph[v].shape.dimensions.dropLast(2) == graph[q].shape.dimensions.dropLast(2)
        else { return nil }
        nodes.append(context)
        let rank = graph[q].shape.rank
        let kernel = AttentionKernel(
            queries: graph[q].shape[rank - 2].size, keys: graph[k].shape[rank - 1].size, width: graph[q].shape[rank - 1].size,
            valueWidth: graph[v].shape[rank - 1].size, scale: scale, neuron: site.flatMap { neurons[$0]?.fusedKernel })
        guard [kernel.queries, kernel.keys, kernel.width, kernel.valueWidth].allSatisfy({ $0 > 0 }) else { return nil }
        let leading = SymbolicShape(Array(graph[q].shape.dimensions.dropLast(2)))
        return AttentionStage(kernel: kernel, q: q, k: k, v: v, heads: leading, mask: mask, site: site, nodes: nodes)
    }

    /// `[N, heads …, rows, columns]`: the batch in front and nowhere else.
    private func isHeads(_ id: NodeID) -> Bool {
        let shape = graph[id].shape
        return shape.rank >= 3 && shape[0] == .batch && shape.dimensions.dropFirst().allSatisfy { !$0.scalesWithBatch }
    }

    /// A static value whose last axis is that of the scores and whose others stretch to theirs.
    private func isMask(_ id: NodeID, for scores: SymbolicShape) -> Bool {
        let shape = graph[id].shape
        return !timeVarying[id] && shape.rank >= 1 && shape.rank <= scores.rank && shape.dimensions.last == scores.dimensions.last
            && shape.broadcast(with: scores) == scores
    }

    // MARK: Heads side by side

    /// `[N, L, H·d]` → reshape `[N, L, H, d]` → transpose to heads first → perhaps a neuron site: the nodes, and the value
    /// that attention reads.
    func split(of value: NodeID) -> (reshape: NodeID, turned: NodeID, read: NodeID)? {
        guard let reshape = onlyReader(of: value), case .operation(.reshape) = graph[reshape].content,
            graph[value].shape.rank == 3, graph[reshape].shape.rank == 4, graph[value].shape[0] == .batch,
            graph[reshape].shape[0] == .batch, graph[reshape].shape[1] == graph[value].shape[1], let turned = onlyReader(of: reshape),
            case .operation(.transpose(let transpose)) = graph[turned].content, [[0, 2, 1, 3], [0, 2, 3, 1]].contains(transpose.permutation)
        else { return nil }
        if isANN { return (reshape, turned, turned) }
        guard let site = onlyReader(of: turned), neurons[site]?.fusedKernel != nil else { return nil }
        return (reshape, turned, site)
    }

    /// The linear layer whose value was split into the heads that attention reads.
    private func linear(behind read: NodeID) -> NodeID? {
        let turned = neurons[read] != nil ? graph[read].inputs[0] : read
        guard case .operation(.transpose) = graph[turned].content, onlyReader(of: read) != nil,
            case let reshape = graph[turned].inputs[0], case .operation(.reshape) = graph[reshape].content,
            case let linear = graph[reshape].inputs[0], isLayer(linear), timeVarying[linear], split(of: linear)?.read == read
        else { return nil }
        return linear
    }

    /// How many heads lie side by side in every token, if q, k and v can all be read as their layers leave them.
    private func commonHeadsPerToken(_ attention: AttentionStage) -> Int? {
        let wanted = [(attention.q, [0, 2, 1, 3]), (attention.k, [0, 2, 3, 1]), (attention.v, [0, 2, 1, 3])]
        let heads = wanted.map { read, permutation -> Int? in
            guard let linear = linear(behind: read), let (reshape, turned, _) = split(of: linear),
                graph[turned].operation == .transpose(Transpose(permutation))
            else { return nil }
            return graph[reshape].shape[2].size
        }
        return Set(heads).count == 1 ? heads[0] : nil
    }

    /// Attention on q, k and v as their layers leave them, up to where heads lie side by side again.
    func inTokenOrder(_ attention: AttentionStage) -> AttentionStage {
        guard let heads = commonHeadsPerToken(attention), let turned = onlyReader(of: attention.output),
            graph[turned].operation == .transpose(Transpose([0, 2, 1, 3])), let merged = onlyReader(of: turned),
            case .operation(.reshape) = graph[merged].content, graph[merged].shape.rank == 3,
            graph[merged].shape[0] == .batch, graph[merged].shape[1] == graph[turned].shape[1]
        else { return attention }
        var stage = attention
        stage.kernel.headsPerToken = heads
        if let q = neurons[stage.q]?.source, let k = neurons[stage.k]?.source, let v = neurons[stage.v]?.source {
            stage.kernel.sources = AttentionSources(q: q, k: k, v: v)
        }
        if isANN {
            (stage.q, stage.k, stage.v) = (linear(behind: attention.q)!, linear(behind: attention.k)!, linear(behind: attention.v)!)
        }
        stage.nodes += [turned, merged]
        return stage
    }
}
