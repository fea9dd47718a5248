internal import VolleyGraph
internal import VolleyTensors

/// An attention as it is found, with what its layers must know.
struct AttentionPass {
    var attention: Plan.Attention
    /// q, k and v.
    var reads: [NodeID]
    var nodes: [NodeID]
    /// Nodes behind the context that only rearrange it, and are not carried out.
    var layout: [NodeID] = []
    /// Values that it reads in their layer's order.
    var keptInTokenOrder: [NodeID] = []
    var reading = Plan.Stage.Reading.values
}

extension Planner {
    /// From a scores' product on, if softmax and another product follow.
    func attention(_ id: NodeID) throws(Unfused) -> (stage: Plan.Stage, keptInTokenOrder: [NodeID]) {
        let pass = inTokenOrder(try plainAttention(id))
        let mask = pass.attention.mask.map { [Plan.Stage.Input(value: $0, reading: .values)] } ?? []
        let output = (pass.nodes + pass.layout).last!
        let stage = Plan.Stage(
            pass: .attention(pass.attention), inputs: pass.reads.map { .init(value: $0, reading: pass.reading) } + mask,
            epilogue: pass.layout.isEmpty ? [] : [.layout(pass.layout)], nodes: pass.nodes + pass.layout, output: output, booked: output,
            multiplyAccumulates: pass.attention.multiplyAccumulates, why: whyItEnds(with: output))
        return (stage, pass.keptInTokenOrder)
    }

    private func plainAttention(_ id: NodeID) throws(Unfused) -> AttentionPass {
        let (q, k) = (graph[id].inputs[0], graph[id].inputs[1])
        guard isHeads(q), isHeads(k), graph[q].shape.dimensions.dropLast(2) == graph[k].shape.dimensions.dropLast(2) else {
            throw Unfused("its sides are not the heads of a batch")
        }
        guard timeVarying[q] == timeVarying[k], timeVarying[id] || isANN else { throw Unfused("its sides do not both change over time") }
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
        guard let softmax = onlyReader(of: nodes.last!), case .operation(.softmax) = graph[softmax].content else {
            throw Unfused("no softmax alone follows it")
        }
        nodes.append(softmax)
        var site: NodeID?
        if let next = onlyReader(of: nodes.last!), let form = neurons[next] {
            switch form {
            case .joining: site = next
            case .behindLayers: throw Unfused("the neurons '\(graph[next].name)' behind its softmax have no kernel that attention could run")
            case .alone(let reason): throw Unfused("the neurons '\(graph[next].name)' behind its softmax take their own: \(reason)")
            }
            nodes.append(next)
        }
        guard let context = onlyReader(of: nodes.last!), case .operation(.matrixProduct) = graph[context].content,
            graph[context].inputs[0] == nodes.last!, case let v = graph[context].inputs[1], v != nodes.last!
        else { throw Unfused("no product alone follows its softmax") }
        guard isHeads(v), timeVarying[v] == timeVarying[q],
            graph[v].shape.dimensions.dropLast(2) == graph[q].shape.dimensions.dropLast(2)
        else { throw Unfused("what its softmax weighs are not the same heads") }
        nodes.append(context)
        let rank = graph[q].shape.rank
        let attention = Plan.Attention(
            heads: SymbolicShape(Array(graph[q].shape.dimensions.dropLast(2))), queries: graph[q].shape[rank - 2].size,
            keys: graph[k].shape[rank - 1].size, width: graph[q].shape[rank - 1].size, valueWidth: graph[v].shape[rank - 1].size,
            scale: scale, mask: mask, site: site)
        guard [attention.queries, attention.keys, attention.width, attention.valueWidth].allSatisfy({ $0 > 0 }) else {
            throw Unfused("one of its axes is empty")
        }
        return AttentionPass(attention: attention, reads: [q, k, v], nodes: nodes)
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
        guard let site = onlyReader(of: turned), neurons[site] == .joining else { return nil }
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
    private func commonHeadsPerToken(_ reads: [NodeID]) -> Int? {
        let heads = zip(reads, [[0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]]).map { read, permutation -> Int? in
            guard let linear = linear(behind: read), let (reshape, turned, _) = split(of: linear),
                graph[turned].operation == .transpose(Transpose(permutation))
            else { return nil }
            return graph[reshape].shape[2].size
        }
        return Set(heads).count == 1 ? heads[0] : nil
    }

    /// Attention on q, k and v as their layers leave them, up to where heads lie side by side again.
    private func inTokenOrder(_ pass: AttentionPass) -> AttentionPass {
        guard let heads = commonHeadsPerToken(pass.reads), let turned = onlyReader(of: pass.nodes.last!),
            graph[turned].operation == .transpose(Transpose([0, 2, 1, 3])), let merged = onlyReader(of: turned),
            case .operation(.reshape) = graph[merged].content, graph[merged].shape.rank == 3,
            graph[merged].shape[0] == .batch, graph[merged].shape[1] == graph[turned].shape[1]
        else { return pass }
        var pass = pass
        pass.attention.headsPerToken = heads
        pass.keptInTokenOrder = pass.reads
        pass.layout = [turned, merged]
        if pass.reads.allSatisfy({ neurons[$0] != nil }) { pass.reading = .countedSpikes }
        if isANN { pass.reads = pass.reads.map { linear(behind: $0)! } }
        return pass
    }
}
