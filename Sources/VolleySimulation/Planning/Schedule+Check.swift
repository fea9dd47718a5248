internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// A fault of the planner itself: run as planned, the network would give a wrong number. Not the user's doing.
public struct ScheduleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The names of the nodes concerned.
    public var nodes: [String]
    public var message: String

    public var description: String {
        "internal error of the planner, please report it with the model: \(message): "
            + nodes.map { "'\($0)'" }.joined(separator: ", ")
    }
}

extension Schedule {
    /// The invariant of a schedule: every operation is carried out by exactly one stage; every value that a stage reads, and
    /// every output, is an input, a constant, or what an earlier stage made; what is read as spikes comes from neurons; and
    /// the sizes that kernels were made for are those of the values.
    /// - Throws: ``ScheduleError`` that names the nodes of the first violation.
    func check(_ neurons: [NodeID: SiteNeurons]) throws {
        var stagesOf = [Int](repeating: 0, count: graph.nodes.count)
        var isMade = graph.nodes.map { $0.operation == nil }
        for stage in statics + moving {
            let nodes = stage.nodes
            for (input, reading) in stage.readings(graph) {
                guard isMade[input] else { throw error("a stage reads a value before it is made", [input] + nodes) }
                guard reading == .values || neurons[input] != nil else {
                    throw error("a stage reads as spikes what no neurons send", [input] + nodes)
                }
                guard !timeVarying[input] || timeVarying[stage.output] else {
                    throw error("a stage that runs once reads a value that changes over time", [input] + nodes)
                }
            }
            guard nodes.contains(stage.output) else { throw error("a stage makes a value that is not its own", nodes) }
            guard fits(stage) else { throw error("a stage's kernel does not fit its values", nodes) }
            for node in nodes { stagesOf[node] += 1 }
            isMade[stage.output] = true
        }
        let wrong = graph.nodes.indices.filter { stagesOf[$0] != (graph[$0].operation == nil ? 0 : 1) }
        guard wrong.isEmpty else { throw error("nodes are not computed exactly once", wrong) }
        let missing = graph.outputs.map(\.value).filter { !isMade[$0] }
        guard missing.isEmpty else { throw error("outputs are not made", missing) }
    }

    private func error(_ message: String, _ nodes: [NodeID]) -> ScheduleError {
        ScheduleError(nodes: nodes.map { graph[$0].name }, message: message)
    }

    /// Whether a stage's kernel has the sizes of what it reads and makes, for one sample.
    private func fits(_ stage: Stage) -> Bool {
        func count(_ id: NodeID) -> Int { graph[id].shape.perSample.count }
        switch stage {
        case .operation, .neurons: return true
        case .layer(let layer):
            let rows = count(layer.linear) / max(1, layer.kernel.outputs)
            return count(layer.input) == rows * layer.kernel.inputs && count(layer.output) == rows * layer.kernel.outputs
                && (layer.addend.map(count) ?? count(layer.output)) == count(layer.output)
        case .convolution(let convolution):
            let (windows, kernel) = (convolution.windows, convolution.kernel)
            let images = graph[convolution.input].shape.perSample[0]
            return count(convolution.input) == images * windows.image.reduce(1, *) && kernel.inputs == windows.rowLength
                && count(convolution.output) == images * windows.rowsPerImage * kernel.outputs
        case .attention(let attention):
            let (kernel, heads) = (attention.kernel, attention.heads.perSample.count)
            return count(attention.q) == heads * kernel.queries * kernel.width && count(attention.k) == heads * kernel.keys * kernel.width
                && count(attention.v) == heads * kernel.keys * kernel.valueWidth
                && count(attention.output) == heads * kernel.queries * kernel.valueWidth
                && (attention.mask.map { graph[$0].shape.rank <= attention.heads.rank + 2 } ?? true)
        }
    }
}
