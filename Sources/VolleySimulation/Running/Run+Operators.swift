internal import VolleyGraph
internal import VolleyTensors

extension Run {
    mutating func evaluate(_ id: NodeID) {
        guard schedule.roots[id] == id else { return }
        let folded = schedule.timeVarying[id] ? steps * batch : batch
        var output = Tensor(graph[id].shape.resolved(batch: folded), workspace.floats.take(count(id) * repeats(id)))
        let inputs = graph[id].inputs.map { input in
            let isFolded = schedule.timeVarying[id] && steps > 1 && graph[input].shape.scalesWithBatch
            return Tensor(
                graph[input].shape.resolved(batch: isFolded || schedule.timeVarying[input] ? folded : batch),
                isFolded && !schedule.timeVarying[input] ? tile(input) : values[schedule.roots[input]])
        }
        schedule.executable.evaluate(id, inputs, into: &output, pool: &workspace.floats)
        values[id] = output.values
    }

    /// A static value once per step, along its batch axis.
    mutating func tile(_ id: NodeID) -> [Float] {
        if let tiled = tiled[id] { return tiled }
        let value = values[schedule.roots[id]]
        let block = value.count / max(1, outer(id))
        var result = workspace.floats.take(steps * value.count)
        for outer in 0..<(block > 0 ? value.count / block : 0) {
            for step in 0..<steps {
                let start = (outer * steps + step) * block
                result.replaceSubrange(start..<start + block, with: value[outer * block..<(outer + 1) * block])
            }
        }
        tiled[id] = result
        return result
    }
}
