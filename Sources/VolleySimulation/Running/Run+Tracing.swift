internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

extension Run {
    /// Whether someone wants the spikes of a site.
    func isTraced(_ id: NodeID) -> Bool { tracing?.sites.contains(graph[id].name) ?? false }

    /// Hands on what a site sent at the steps that are run, if someone wants it, in the order of the model's axes.
    /// - Parameter keepsLayout: whether the codes lie as before the transposition that the site reads, as a layer leaves them that hands
    ///   on heads side by side.
    func trace(_ id: NodeID, _ firstStep: Int, _ codes: [Int8], keepsLayout: Bool = false) throws {
        guard let tracing, isTraced(id) else { return }
        let name = graph[id].name
        var codes = codes
        if keepsLayout, case .operation(.transpose(let transpose)) = graph[graph[id].inputs[0]].content {
            codes = Self.rearranged(codes, like: graph[graph[graph[id].inputs[0]].inputs[0]].shape.resolved(batch: batch), transpose.permutation)
        }
        if schedule.plan.movedSites.contains(name) {
            let shape = graph[id].shape.resolved(batch: batch)
            codes = Self.rearranged(codes, like: shape, [0, shape.rank - 1] + Array(1..<shape.rank - 1))
        }
        try tracing.receive(
            SentSpikes(site: name, steps: firstStep...firstStep + steps - 1, samples: 0..<inputs.count, codes: codes))
    }

    /// Whether a layer's neurons read its value with other axes in front.
    func keepsLayout(_ layer: LayerStage) -> Bool {
        guard let site = layer.site, case .operation(.transpose) = graph[graph[site].inputs[0]].content else { return false }
        return true
    }

    /// Codes of one step after the other with the axes in another order: axis `i` is axis `order[i]` of `shape`.
    private static func rearranged(_ codes: [Int8], like shape: Shape, _ order: [Int]) -> [Int8] {
        let lengths = order.map { shape[$0] }, strides = order.map { shape.strides[$0] }
        var result = [Int8](repeating: 0, count: codes.count)
        guard shape.count > 0, let width = lengths.last, let stride = strides.last else { return result }
        for row in 0..<codes.count / width {
            var (rest, from) = (row, 0)
            for axis in lengths.indices.dropLast().reversed() {
                from += rest % lengths[axis] * strides[axis]
                rest /= lengths[axis]
            }
            from += rest * shape.count
            for column in 0..<width { result[row * width + column] = codes[from + column * stride] }
        }
        return result
    }
}
